#include "files/handle.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>

#include "init/fd_name.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

bool CanBeSkipped(int err) { return err == ENOTSUP || err == EPERM; }

bool IsOverlays(const std::string& name) {
  return name.rfind("trusted.overlay.", 0) == 0 || name.rfind("user.overlay.", 0) == 0;
}

}  // namespace

Fd HandleOf(int parent, const char* name) {
  return Fd(sys::Openat2(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0, RESOLVE_NO_MAGICLINKS));
}

void TakeStat(const struct stat& st, Metadata* meta) {
  meta->mode = st.st_mode;
  meta->uid = st.st_uid;
  meta->gid = st.st_gid;
  meta->mtime_seconds = st.st_mtim.tv_sec;
  meta->mtime_nanoseconds = static_cast<uint32_t>(st.st_mtim.tv_nsec);
  meta->xattrs.clear();
}

bool Handles::Open() {
  directory_ = Fd(open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC));
  return directory_.valid();
}

Fd Handles::Reopen(int handle, int flags) const {
  return Fd(openat(directory_.get(), NameOf(handle).text, flags | O_CLOEXEC));
}

// The calls for attributes take no O_PATH descriptor. Its name below /proc/self/fd leads to the
// inode itself, a symbolic link too, without another look-up.
int Handles::ReadXattrs(int handle, Metadata* meta) const {
  if (fchdir(directory_.get()) != 0) return errno;
  const FdName name = NameOf(handle);
  char list[65536];
  const ssize_t length = listxattr(name.text, list, sizeof list);
  // EPERM and EACCES: of a kind that this namespace may not see.
  if (length < 0) return errno == ENOTSUP || errno == EPERM || errno == EACCES ? 0 : errno;
  std::string value;
  for (ssize_t at = 0; at < length;) {
    const std::string key(list + at);
    at += static_cast<ssize_t>(key.size()) + 1;
    if (IsOverlays(key)) continue;
    value.resize(65536);
    const ssize_t size = getxattr(name.text, key.c_str(), value.data(), value.size());
    if (size < 0) {
      if (errno == ENODATA || CanBeSkipped(errno) || errno == EACCES) continue;
      return errno;
    }
    meta->xattrs.emplace_back(key, value.substr(0, static_cast<size_t>(size)));
  }
  return 0;
}

MetadataResult Handles::SetMetadata(int handle, const struct stat& st, const Metadata& meta,
                                    Skipped* skipped) const {
  // The order of workbench/metadata.cc.
  if ((st.st_uid != meta.uid || st.st_gid != meta.gid) &&
      fchownat(handle, "", meta.uid, meta.gid, AT_EMPTY_PATH) != 0) {
    return {errno, FailedAt::kOwner};
  }
  if (fchdir(directory_.get()) != 0) return {errno, FailedAt::kFinish};
  const FdName name = NameOf(handle);
  for (const auto& [key, value] : meta.xattrs) {
    if (setxattr(name.text, key.c_str(), value.data(), value.size(), 0) == 0) continue;
    if (!CanBeSkipped(errno)) return {errno, FailedAt::kXattr};
    ++skipped->xattrs;
  }
  if (!S_ISLNK(st.st_mode) && fchmodat(directory_.get(), name.text, meta.mode & 07777, 0) != 0) {
    return {errno, FailedAt::kFinish};
  }
  const timespec times[2] = {
      {0, UTIME_OMIT},
      {static_cast<time_t>(meta.mtime_seconds), static_cast<long>(meta.mtime_nanoseconds)}};
  if (utimensat(directory_.get(), name.text, times, 0) != 0) return {errno, FailedAt::kFinish};
  return {};
}

}  // namespace tsrun
