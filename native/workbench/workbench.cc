#include "workbench/workbench.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "sys/fd.h"
#include "workbench/apply.h"
#include "workbench/door.h"
#include "workbench/fill.h"
#include "workbench/jail.h"
#include "workbench/look.h"
#include "workbench/measure.h"
#include "workbench/read.h"
#include "workbench/remove.h"
#include "workbench/reply.h"

namespace tsrun {
namespace {

constexpr int kUsage = 64;

struct Job {
  pid_t parent;
  Mapping mapping;
  Fd directory;  // the one that holds the target
  std::string name;
};

// The attribute overlayfs reads in this kind of mount.
const char* OpaqueName(const Mapping& mapping) {
  return mapping.host ? "trusted.overlay.opaque" : "user.overlay.opaque";
}

// The host's ids of the namespace's root.
bool MappedRoot(const std::vector<IdMapLine>& lines, uint32_t* id) {
  for (const IdMapLine& line : lines) {
    if (line.container == 0 && line.size > 0) {
      *id = line.host;
      return true;
    }
  }
  return false;
}

int MakeTarget(const Job& job, uint32_t uid, uint32_t gid, Fd* target) {
  if (mkdirat(job.directory.get(), job.name.c_str(), 0700) != 0) return errno;
  *target = Fd(openat(job.directory.get(), job.name.c_str(),
                      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!target->valid()) return errno;
  // A setgid bit or a default access list of the store's directory must not be inherited by the
  // image.
  fremovexattr(target->get(), "system.posix_acl_default");
  fremovexattr(target->get(), "system.posix_acl_access");
  if ((uid != geteuid() || gid != getegid()) && fchown(target->get(), uid, gid) != 0) return errno;
  return fchmod(target->get(), 0700) == 0 ? 0 : errno;
}

// The target belongs to root of the namespace. Root makes it outside, where the store is its own,
// and gives it away. An ordinary user may give nothing away; inside, its own ids are mapped, and so
// is the store.
int PrepareTarget(const Job& job, int door, Fd* target, FailedAt* at) {
  const Mapping& mapping = job.mapping;
  *at = FailedAt::kNamespace;
  if (mapping.writer != IdMapWriter::kDirect) {
    if (const int err = EnterNamespace(mapping, door)) return err;
    *at = FailedAt::kTarget;
    return MakeTarget(job, 0, 0, target);
  }
  uint32_t uid = geteuid();
  uint32_t gid = getegid();
  if (!mapping.host && !(MappedRoot(mapping.uids, &uid) && MappedRoot(mapping.gids, &gid))) {
    return EINVAL;
  }
  *at = FailedAt::kTarget;
  if (const int err = MakeTarget(job, uid, gid, target)) return err;
  *at = FailedAt::kNamespace;
  return EnterNamespace(mapping, door);
}

int Apply(Job& job) {
  Fd door;
  Fd target;
  FailedAt at = FailedAt::kNamespace;
  int err = StartDoor(job.mapping, &door);
  if (err == 0) err = PrepareTarget(job, door.get(), &target, &at);
  if (err != 0 && at == FailedAt::kTarget) {
    // Only what was made here goes.
    if (target.valid()) unlinkat(job.directory.get(), job.name.c_str(), AT_REMOVEDIR);
    CloseDoor(&door);
    ReplyFailure(at, err, "");
    return 1;
  }
  job.directory.Close();
  if (err == 0) err = EnterJail(target.get(), job.parent);
  if (err != 0) {
    ReplyFailure(FailedAt::kNamespace, err, "");
    return 1;
  }
  const int status = ApplyMain(target.get(), door.get(), OpaqueName(job.mapping));
  CloseDoor(&door);
  return status;
}

int Remove(const Job& job) {
  const Fd tree(openat(job.directory.get(), job.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat st;
  if (!tree.valid() && errno == ENOENT) {
    ReplyDone(0, 0);
    return 0;
  }
  int err = tree.valid() && fstat(tree.get(), &st) == 0 ? 0 : errno;
  std::string failed;
  if (err == 0 && !S_ISDIR(st.st_mode)) {
    err = unlinkat(job.directory.get(), job.name.c_str(), 0) == 0 ? 0 : errno;
  } else if (err == 0) {
    Fd door;
    err = StartDoor(job.mapping, &door);
    if (err == 0) err = EnterNamespace(job.mapping, door.get());
    if (err == 0) err = EnterJail(job.directory.get(), job.parent);
    if (err != 0) {
      ReplyFailure(FailedAt::kNamespace, err, "");
      return 1;
    }
    err = RemoveBelow(job.directory.get(), job.name.c_str(), &failed);
    CloseDoor(&door);
  }
  if (err != 0) {
    ReplyFailure(FailedAt::kRemove, err, failed);
    return 1;
  }
  ReplyDone(0, 0);
  return 0;
}

// What belongs to subordinate ids with mode 0700 only their own namespace can read.
int Measure(const Job& job) {
  Fd door;
  int err = StartDoor(job.mapping, &door);
  if (err == 0) err = EnterNamespace(job.mapping, door.get());
  if (err == 0) err = EnterJail(job.directory.get(), job.parent);
  if (err != 0) {
    ReplyFailure(FailedAt::kNamespace, err, "");
    return 1;
  }
  uint64_t bytes = 0;
  std::string failed;
  err = MeasureBelow(job.directory.get(), job.name.c_str(), &bytes, &failed);
  CloseDoor(&door);
  if (err != 0) {
    ReplyFailure(FailedAt::kMeasure, err, failed);
    return 1;
  }
  ReplyDone(bytes, 0);
  return 0;
}

// Confined to the tree: what stands in it decides over nothing outside. `end` answers how the start
// went, `work` does the rest.
template <typename End, typename Work>
int Serve(const Job& job, End end, Work work) {
  Fd door;
  int err = StartDoor(job.mapping, &door);
  if (err == 0) err = EnterNamespace(job.mapping, door.get());
  Fd tree;
  if (err == 0) {
    tree = Fd(openat(job.directory.get(), job.name.c_str(),
                     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    err = tree.valid() ? EnterJail(tree.get(), job.parent) : errno;
  }
  end(err);
  if (err == 0) err = work(tree.get());
  CloseDoor(&door);
  return err == 0 ? 0 : 1;
}

int Read(const Job& job) { return Serve(job, AnswerEnd, ReadFiles); }

int Look(const Job& job) {
  return Serve(job, LookEnd, [&](int tree) { return LookAround(tree, OpaqueName(job.mapping)); });
}

}  // namespace

// workbench apply|remove|measure|read|look PARENT-PID MAPPING PATH
// workbench fill PARENT-PID MAPPING VOLUME SOURCE LAYER...
int WorkbenchMain(int argc, char** argv) {
  if (argc >= 7 && strcmp(argv[2], "fill") == 0) {
    FillJob job = {
        static_cast<pid_t>(atoi(argv[3])), {}, argv[5], argv[6], {argv + 7, argv + argc}};
    if (!ParseMapping(argv[4], &job.mapping) || !Prepare(job.parent, kSharedMemory)) return kUsage;
    return Fill(job);
  }
  if (argc != 6) return kUsage;
  Job job;
  job.parent = static_cast<pid_t>(atoi(argv[3]));
  if (!ParseMapping(argv[4], &job.mapping)) return kUsage;
  const std::string path = argv[5];
  const size_t slash = path.rfind('/');
  if (path[0] != '/' || slash + 1 == path.size()) return kUsage;
  job.name = path.substr(slash + 1);
  if (job.name == "." || job.name == "..") return kUsage;
  if (!Prepare(job.parent, kSharedMemory + 1)) return kUsage;
  job.directory = Fd(open(path.substr(0, slash + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!job.directory.valid()) {
    if (errno == ENOENT && strcmp(argv[2], "remove") == 0) {
      ReplyDone(0, 0);
      return 0;
    }
    ReplyFailure(FailedAt::kTarget, errno, "");
    return 1;
  }
  if (strcmp(argv[2], "apply") == 0) return Apply(job);
  if (strcmp(argv[2], "remove") == 0) return Remove(job);
  if (strcmp(argv[2], "measure") == 0) return Measure(job);
  if (strcmp(argv[2], "read") == 0) return Read(job);
  if (strcmp(argv[2], "look") == 0) return Look(job);
  return kUsage;
}

}  // namespace tsrun
