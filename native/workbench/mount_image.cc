#include "workbench/mount_image.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace tsrun {
namespace {

constexpr unsigned long kHarmless = MS_NOSUID | MS_NODEV | MS_NOEXEC;

int OpenDirectory(const std::string& path, Fd* fd, std::string* failed) {
  *fd = Fd(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (fd->valid()) return 0;
  *failed = path;
  return errno;
}

}  // namespace

int MountImage(const std::string& at, const std::vector<std::string>& layers, bool userxattr,
               Fd* root, std::string* failed) {
  *failed = at;
  if (unshare(CLONE_NEWNS) != 0) return errno;
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return errno;
  // Opened in this namespace, before the tmpfs covers `at`: overlayfs takes descriptors of its own
  // mounts alone.
  std::vector<Fd> directories(layers.size() + 1);
  for (size_t i = 0; i < layers.size(); ++i) {
    if (const int err = OpenDirectory(layers[i], &directories[i], failed)) return err;
  }
  // Places for the mount, and for a second layer: overlayfs without an upper directory wants two.
  if (mount("tmpfs", at.c_str(), "tmpfs", kHarmless, "size=64k,mode=0700") != 0) return errno;
  const std::string none = at + "/none";
  const std::string image = at + "/image";
  if (mkdir(none.c_str(), 0700) != 0 || mkdir(image.c_str(), 0700) != 0) return errno;
  if (const int err = OpenDirectory(none, &directories.back(), failed)) return err;
  // Numbers for names: short, and without a character that the option parser gives a meaning.
  std::string options = "lowerdir=";
  for (const Fd& directory : directories) {
    if (options.back() != '=') options += ':';
    options += std::to_string(directory.get());
  }
  if (userxattr) options += ",userxattr";
  if (chdir("/proc/self/fd") != 0) return errno;
  if (mount("overlay", image.c_str(), "overlay", kHarmless | MS_RDONLY, options.c_str()) != 0) {
    return errno;
  }
  if (chdir("/") != 0) return errno;
  return OpenDirectory(image, root, failed);
}

}  // namespace tsrun
