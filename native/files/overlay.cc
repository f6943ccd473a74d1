#include "files/overlay.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "init/fd_name.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

constexpr size_t kMaxValue = 255;  // of one fsconfig(2) string
constexpr size_t kMaxPage = 4095;  // of the options of mount(2)

int OpenAll(const std::vector<std::string>& paths, std::vector<Fd>* fds) {
  for (const std::string& path : paths) {
    fds->push_back(Fd(open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)));
    if (!fds->back().valid()) return errno;
  }
  return 0;
}

int SetLayers(int fs, const std::vector<Fd>& lower, const std::string& joined) {
  if (joined.size() <= kMaxValue) {
    return sys::FsconfigString(fs, "lowerdir", joined.c_str()) == 0 ? 0 : errno;
  }
  // One by one, since Linux 6.7.
  for (const Fd& each : lower) {
    if (sys::FsconfigString(fs, "lowerdir+", NameOf(each.get()).text) != 0) return errno;
  }
  return 0;
}

// Many layers on a kernel before 6.7: mount(2) takes a page. It needs a path to mount on: the first
// layer's, which is open already.
int MountOld(const OverlayDirectories& from, const std::string& options, Fd* mount) {
  const std::string& target = from.lower.front();
  if (options.size() > kMaxPage) return E2BIG;
  if (sys::MountOld("overlay", target.c_str(), "overlay", 0, options.c_str()) != 0) return errno;
  *mount = Fd(open(target.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  return mount->valid() ? 0 : errno;
}

}  // namespace

int MountOverlay(const OverlayDirectories& from, const Handles& handles, Fd* mount) {
  std::vector<Fd> lower;
  if (const int err = OpenAll(from.lower, &lower)) return err;
  std::vector<Fd> own;
  if (!from.upper.empty()) {
    if (const int err = OpenAll({from.upper, from.work}, &own)) return err;
  }
  std::string joined;
  for (const Fd& each : lower) {
    joined += (joined.empty() ? "" : ":") + std::string(NameOf(each.get()).text);
  }
  // Descriptors as paths: short, and without characters that overlay gives a meaning.
  if (fchdir(handles.directory()) != 0) return errno;
  Fd fs(sys::Fsopen("overlay"));
  if (!fs.valid()) return errno;
  const int err = SetLayers(fs.get(), lower, joined);
  if (err == EINVAL) {
    std::string options = "lowerdir=" + joined;
    if (!own.empty()) {
      options += std::string(",upperdir=") + NameOf(own[0].get()).text;
      options += std::string(",workdir=") + NameOf(own[1].get()).text;
    }
    if (from.userxattr) options += ",userxattr";
    return MountOld(from, options, mount);
  }
  if (err != 0) return err;
  const bool configured =
      sys::FsconfigString(fs.get(), "source", "overlay") == 0 &&
      (own.empty() || (sys::FsconfigString(fs.get(), "upperdir", NameOf(own[0].get()).text) == 0 &&
                       sys::FsconfigString(fs.get(), "workdir", NameOf(own[1].get()).text) == 0)) &&
      (!from.userxattr || sys::FsconfigFlag(fs.get(), "userxattr") == 0) &&
      sys::FsconfigCreate(fs.get()) == 0;
  if (!configured) return errno;
  *mount = Fd(sys::Fsmount(fs.get(), MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID));
  return mount->valid() ? 0 : errno;
}

}  // namespace tsrun
