#include "files/view.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "files/overlay.h"
#include "init/path.h"
#include "sys/id_map.h"
#include "sys/open_below.h"
#include "sys/syscalls.h"
#include "workbench/door.h"
#include "workbench/jail.h"

namespace tsrun {
namespace {

bool Is(const char* word, const char* text) { return strcmp(word, text) == 0; }

// Ids of the namespace's root; the supplementary groups of whoever started us are not the
// container's.
int BecomeRoot() {
  if (setgroups(0, nullptr) != 0 && errno != EPERM) return errno;
  return setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0 ? 0 : errno;
}

// Before its user namespace is joined the mount namespace can be had by root alone, afterwards by
// whoever owns the container.
int Join(const ViewRequest& request) {
  // From here on processes of the container might reach this one, with --pid host: its memory, its
  // descriptors and its executable are not theirs.
  if (prctl(PR_SET_DUMPABLE, 0) != 0) return errno;
  bool mounted = !request.joins_mount;
  if (!mounted) mounted = setns(kProcess, CLONE_NEWNS) == 0;
  if (!mounted && errno != EPERM) return errno;
  if (request.joins_user) {
    if (setns(kProcess, CLONE_NEWUSER) != 0) return errno;
    if (!mounted && setns(kProcess, CLONE_NEWNS) != 0) return errno;
    return BecomeRoot();
  }
  return mounted ? 0 : EPERM;
}

int OpenLive(const ViewRequest& request, Fd* root) {
  // Without a mount namespace of its own what it has is a root directory.
  Fd own;
  if (!request.joins_mount) {
    const std::string path = "/proc/" + std::to_string(request.process) + "/root";
    own = Fd(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!own.valid()) return errno;
  }
  if (const int err = Join(request)) return err;
  // The number meant the process when it was looked up only if that process still lives.
  pollfd ended = {kProcess, POLLIN, 0};
  if (poll(&ended, 1, 0) != 0) return ESRCH;
  if (own.valid()) {
    *root = std::move(own);
    return 0;
  }
  *root = request.kind == ViewKind::kLive
              ? Fd(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC))
              : Fd(sys::OpenTree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  return root->valid() ? 0 : errno;
}

int OwnMounts() {
  if (unshare(CLONE_NEWNS) != 0) return errno;
  return mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0 ? 0 : errno;
}

int MapOwners(int tree, const Mapping& mapping) {
  Fd users;
  UsersStep at;
  const int err = MakeUsers(mapping.uids.data(), mapping.uids.size(), mapping.gids.data(),
                            mapping.gids.size(), &users, &at);
  if (err != 0) return err;
  struct mount_attr attr = {};
  attr.attr_set = MOUNT_ATTR_IDMAP;
  attr.userns_fd = static_cast<uint64_t>(users.get());
  return sys::MountSetattr(tree, 0, &attr) == 0 ? 0 : errno;
}

// As init would mount it, without a process of the container's to see it.
int MountOne(const ViewMount& mount, const Mapping& mapping, int root) {
  const Fd tree(OpenTreeBelow(mount.source.c_str(), mount.subpath.c_str(),
                              OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
  if (!tree.valid()) return errno;
  // Who is in the namespace already has its ids.
  if (mount.ids_inside && !mapping.host && mapping.writer == IdMapWriter::kDirect) {
    if (const int err = MapOwners(tree.get(), mapping)) return err;
  }
  struct mount_attr attr = {};
  attr.attr_set = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID;
  if (!mount.writable) attr.attr_set |= MOUNT_ATTR_RDONLY;
  if (sys::MountSetattr(tree.get(), AT_RECURSIVE, &attr) != 0) return errno;
  struct stat st = {};
  if (fstat(tree.get(), &st) != 0) return errno;
  InitContext at_root;
  at_root.root = root;
  const Fd target(EnsureTarget(at_root, mount.target.c_str(),
                               S_ISDIR(st.st_mode) ? TargetKind::kDirectory : TargetKind::kFile));
  if (!target.valid()) return errno;
  return sys::MoveMount(tree.get(), target.get()) == 0 ? 0 : errno;
}

// Only what is attached somewhere can have mounts below: the upper directory is of no use to
// anybody else in this mount namespace.
int MountAll(const ViewRequest& request, const Mapping& mapping, int root) {
  if (request.mounts.empty()) return 0;
  const Fd place(open(request.upper.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!place.valid() || sys::MoveMount(root, place.get()) != 0) return errno;
  for (const ViewMount& mount : request.mounts) {
    if (const int err = MountOne(mount, mapping, root)) return err;
  }
  return 0;
}

int OpenMerged(const ViewRequest& request, const Handles& handles, Fd* root) {
  OverlayDirectories from;
  from.lower = request.layers;
  from.userxattr = request.userxattr;
  if (request.writable) {
    from.upper = request.upper;
    from.work = request.work;
  } else {
    // Whiteouts mean the same in a lower directory, and nothing is written.
    from.lower.insert(from.lower.begin(), request.upper);
  }
  return MountOverlay(from, handles, root);
}

int OpenChanges(const ViewRequest& request, const Handles& handles, View* view) {
  view->root = Fd(open(request.upper.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!view->root.valid()) return errno;
  if (request.layers.size() == 1) {
    view->lower = Fd(open(request.layers[0].c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    return view->lower.valid() ? 0 : errno;
  }
  OverlayDirectories from;
  from.lower = request.layers;
  from.userxattr = request.userxattr;
  return MountOverlay(from, handles, &view->lower);
}

int OpenStored(const ViewRequest& request, const Mapping& mapping, const Handles& handles,
               View* view) {
  Fd door;
  if (const int err = StartDoor(mapping, &door)) return err;
  // An ordinary user can mount inside only. Root mounts outside, where every directory of the store
  // is within reach, and goes inside for the ids.
  const bool inside_first = mapping.writer != IdMapWriter::kDirect;
  int err = inside_first ? EnterNamespace(mapping, door.get()) : 0;
  if (err == 0) err = OwnMounts();
  if (err == 0) {
    err = request.kind == ViewKind::kMerged ? OpenMerged(request, handles, &view->root)
                                            : OpenChanges(request, handles, view);
  }
  if (err == 0) err = MountAll(request, mapping, view->root.get());
  if (err == 0 && !inside_first) err = EnterNamespace(mapping, door.get());
  CloseDoor(&door);
  return err;
}

}  // namespace

int ParseView(int count, char** words, ViewRequest* request) {
  int end = 0;
  while (end < count && !Is(words[end], "--")) ++end;
  if (end == 0 || end == count) return 0;
  const char* kind = words[0];
  if (Is(kind, "host") && end == 1) {
    request->kind = ViewKind::kHost;
  } else if ((Is(kind, "live") || Is(kind, "live-root")) && end == 4) {
    request->kind = Is(kind, "live") ? ViewKind::kLive : ViewKind::kLiveRoot;
    request->process = static_cast<pid_t>(atoi(words[1]));
    request->joins_user = Is(words[2], "user");
    request->joins_mount = Is(words[3], "mount");
  } else if (Is(kind, "merged") && end >= 6) {
    request->kind = ViewKind::kMerged;
    request->writable = Is(words[1], "rw");
    request->userxattr = Is(words[2], "user");
    request->upper = words[3];
    request->work = words[4];
    int at = 5;
    // Layers are absolute paths.
    while (at < end && !Is(words[at], "mounts")) request->layers.push_back(words[at++]);
    for (++at; at + 5 <= end; at += 5) {
      request->mounts.push_back({words[at], words[at + 1], words[at + 2], Is(words[at + 3], "rw"),
                                 Is(words[at + 4], "inside")});
    }
  } else if (Is(kind, "changes") && end >= 4) {
    request->kind = ViewKind::kChanges;
    request->userxattr = Is(words[1], "user");
    request->upper = words[2];
    request->layers.assign(words + 3, words + end);
  } else {
    return 0;
  }
  return end + 1;
}

int OpenView(const ViewRequest& request, const Mapping& mapping, const Handles& handles,
             pid_t parent, View* view) {
  switch (request.kind) {
    case ViewKind::kHost:
      // The caller's own rights are all there is.
      return 0;
    case ViewKind::kLive:
    case ViewKind::kLiveRoot:
      if (const int err = OpenLive(request, &view->root)) return err;
      break;
    case ViewKind::kMerged:
    case ViewKind::kChanges:
      if (const int err = OpenStored(request, mapping, handles, view)) return err;
      break;
  }
  return EnterJail(view->root.get(), parent);
}

}  // namespace tsrun
