// A volume's directory while it is filled:
//
//   _copying   the copy, on its way: whoever finds it later removes it
//   _copy      the whole copy: whoever finds it goes on with moving its files to `_data`
//   _data      what is mounted. Its own directory stays, because another container may run with the
//              volume, and nothing in it is ever replaced or removed
#include "workbench/fill.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "sys/fd.h"
#include "sys/syscalls.h"
#include "workbench/copy_tree.h"
#include "workbench/door.h"
#include "workbench/jail.h"
#include "workbench/mount_image.h"
#include "workbench/names.h"
#include "workbench/remove.h"
#include "workbench/reply.h"

namespace tsrun {
namespace {

constexpr char kData[] = "_data";
constexpr char kCopying[] = "_copying";
constexpr char kCopyOf[] = "_copy";

struct Failure {
  FailedAt at = FailedAt::kTarget;
  int err = 0;
  std::string path;
};

int OpenDirectory(int parent, const char* name, Fd* fd) {
  *fd = Fd(openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  return fd->valid() ? 0 : errno;
}

bool Exists(int parent, const char* name) {
  struct stat st;
  return fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

// 0, ENOTEMPTY or another errno.
int CheckEmpty(int volume, std::string* failed) {
  *failed = kData;
  Fd data;
  std::vector<std::string> names;
  if (const int err = OpenDirectory(volume, kData, &data)) return err;
  if (const int err = NamesIn(data.get(), &names)) return err;
  return names.empty() ? 0 : ENOTEMPTY;
}

// The volume with the ids of the namespace: on the disk its files have those that they have inside
// of a container.
int MapIds(const Mapping& mapping, const std::string& path, Fd* volume) {
  Fd users;
  UsersStep at;
  if (const int err = MakeUsers(mapping.uids.data(), mapping.uids.size(), mapping.gids.data(),
                                mapping.gids.size(), &users, &at)) {
    return err;
  }
  Fd tree(sys::OpenTree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  if (!tree.valid()) return errno;
  struct mount_attr attr = {};
  attr.attr_set = MOUNT_ATTR_IDMAP;
  attr.userns_fd = static_cast<uint64_t>(users.get());
  if (sys::MountSetattr(tree.get(), 0, &attr) != 0) return errno;
  return OpenDirectory(tree.get(), ".", volume);
}

// Moves what is in the copy, without replacing anything, and gives the volume the metadata of the
// image's directory. Done again it does what is left.
int MoveCopy(int volume, Skipped* skipped, std::string* failed) {
  *failed = kCopyOf;
  Fd copy;
  Fd data;
  std::vector<std::string> names;
  Metadata meta;
  if (const int err = OpenDirectory(volume, kCopyOf, &copy)) return err;
  if (const int err = OpenDirectory(volume, kData, &data)) return err;
  // First: moving changes its time.
  if (const int err = ReadMetadata(copy.get(), &meta)) return err;
  if (const int err = NamesIn(copy.get(), &names)) return err;
  for (const std::string& name : names) {
    if (renameat2(copy.get(), name.c_str(), data.get(), name.c_str(), RENAME_NOREPLACE) != 0 &&
        errno != EEXIST) {
      *failed = name;
      return errno;
    }
  }
  if (const int err = SetMetadata(data.get(), meta, -1, skipped).err) return err;
  return RemoveBelow(volume, kCopyOf, failed);
}

// Copies, when the image has a directory there. `copied` says whether it has.
int CopySource(int volume, int root, const std::string& source, bool* copied, Skipped* skipped,
               Failure* failure) {
  *copied = false;
  failure->at = FailedAt::kImagePath;
  failure->path = source;
  const Fd from(sys::Openat2(root, source.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0,
                             RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV));
  if (!from.valid()) return errno == ENOENT ? 0 : errno;
  failure->at = FailedAt::kCopy;
  Fd to;
  if (mkdirat(volume, kCopying, 0700) != 0) return errno;
  if (const int err = OpenDirectory(volume, kCopying, &to)) return err;
  if (const int err = CopyTree(from.get(), to.get(), skipped, &failure->path)) return err;
  failure->path = kCopyOf;
  if (renameat(volume, kCopying, volume, kCopyOf) != 0) return errno;
  *copied = true;
  return 0;
}

// Root mounts outside of the container's user namespace, where the layers and the volume are its
// own, and goes in to copy; an ordinary user may mount only inside.
int SetUp(const FillJob& job, int door, Fd* volume, Fd* root, bool* wanted, Failure* failure) {
  const Mapping& mapping = job.mapping;
  const bool inside_first = !mapping.host && mapping.writer != IdMapWriter::kDirect;
  failure->at = FailedAt::kNamespace;
  if (inside_first) {
    if (const int err = EnterNamespace(mapping, door)) return err;
  }
  failure->at = FailedAt::kTarget;
  failure->path = job.volume;
  if (const int err = OpenDirectory(AT_FDCWD, job.volume.c_str(), volume)) return err;
  if (Exists(volume->get(), kCopying)) {
    if (const int err = RemoveBelow(volume->get(), kCopying, &failure->path)) return err;
  }
  bool mounts = false;
  if (!Exists(volume->get(), kCopyOf)) {
    const int err = CheckEmpty(volume->get(), &failure->path);
    *wanted = err == 0 && !job.layers.empty();
    if (!*wanted) return err == ENOTEMPTY ? 0 : err;
    mounts = true;
  }
  *wanted = true;
  if (!mapping.host && !inside_first) {
    failure->at = FailedAt::kNamespace;
    if (const int err = MapIds(mapping, job.volume, volume)) return err;
  }
  if (mounts) {
    failure->at = FailedAt::kImage;
    if (const int err = MountImage(job.volume, job.layers, !mapping.host, root, &failure->path)) {
      return err;
    }
  }
  failure->at = FailedAt::kNamespace;
  failure->path.clear();
  if (!mapping.host && !inside_first) {
    if (const int err = EnterNamespace(mapping, door)) return err;
  }
  return EnterJail(volume->get(), job.parent);
}

int Work(const FillJob& job, int door, Skipped* skipped, Failure* failure) {
  Fd volume;
  Fd root;
  bool wanted = false;
  if (const int err = SetUp(job, door, &volume, &root, &wanted, failure)) return err;
  if (!wanted) return 0;
  if (root.valid()) {
    bool copied = false;
    if (const int err =
            CopySource(volume.get(), root.get(), job.source, &copied, skipped, failure)) {
      return err;
    }
    if (!copied) return 0;
  }
  failure->at = FailedAt::kMove;
  return MoveCopy(volume.get(), skipped, &failure->path);
}

}  // namespace

int Fill(const FillJob& job) {
  Fd door;
  Skipped skipped;
  Failure failure;
  failure.at = FailedAt::kNamespace;
  failure.err = StartDoor(job.mapping, &door);
  if (failure.err == 0) failure.err = Work(job, door.get(), &skipped, &failure);
  CloseDoor(&door);
  if (failure.err != 0) {
    ReplyFailure(failure.at, failure.err, failure.path);
    return 1;
  }
  ReplyDone(skipped.devices, skipped.xattrs);
  return 0;
}

}  // namespace tsrun
