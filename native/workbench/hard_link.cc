#include "workbench/hard_link.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

namespace tsrun {
namespace {

int Link(Tree* tree, const Place& target, const Place& place) {
  bool whiteout = false;
  while (linkat(target.parent, target.name.c_str(), place.parent, place.name.c_str(), 0) != 0) {
    if (errno != EEXIST) return errno;
    if (const int err = tree->Clear(place, &whiteout)) return err;
  }
  return 0;
}

// An empty file at `place`; `index` in targets() says what it stands for.
int Hold(Tree* tree, const Place& place, size_t index) {
  bool whiteout = false;
  for (;;) {
    const Fd holder(
        openat(place.parent, place.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (holder.valid()) break;
    if (errno != EEXIST) return errno;
    if (const int err = tree->Clear(place, &whiteout)) return err;
  }
  tree->placeholders()[place.Path()] = index;
  return 0;
}

}  // namespace

int LinkOrHold(Tree* tree, const Place& place, const std::string& target_path) {
  Place target;
  const int found = tree->Find(target_path, &target);
  if (found != 0 && found != ENOENT) return found;
  bool lower = found == ENOENT;
  size_t index = tree->targets().size();
  if (!lower) {
    if (target.Path() == place.Path()) return EINVAL;
    struct stat st;
    if (fstatat(target.parent, target.name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) return errno;
      lower = true;
    } else if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0)) {
      return ENOENT;
    }
    const auto holder = tree->placeholders().find(target.Path());
    if (holder != tree->placeholders().end()) {
      lower = true;
      index = holder->second;
    }
  }
  if (!lower) return Link(tree, target, place);
  if (const int err = Hold(tree, place, index)) return err;
  if (index == tree->targets().size()) tree->targets().push_back(target_path);
  return 0;
}

}  // namespace tsrun
