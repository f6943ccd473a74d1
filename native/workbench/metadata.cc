#include "workbench/metadata.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tsrun {
namespace {

timespec Omitted() { return timespec{0, UTIME_OMIT}; }

// ENOTSUP: the filesystem has no attributes of this kind. EPERM: not in this user namespace, or not
// on this kind of inode.
bool CanBeSkipped(int err) { return err == ENOTSUP || err == EPERM; }

bool IsOverlays(const std::string& name) {
  return name.rfind("trusted.overlay.", 0) == 0 || name.rfind("user.overlay.", 0) == 0;
}

template <typename List, typename Get>
int ReadXattrs(List list, Get get, Metadata* meta) {
  std::string names(65536, '\0');
  const ssize_t length = list(names.data(), names.size());
  if (length < 0) return errno == ENOTSUP ? 0 : errno;
  std::string value(65536, '\0');
  for (ssize_t at = 0; at < length;) {
    const std::string name(names.c_str() + at);
    at += static_cast<ssize_t>(name.size()) + 1;
    if (IsOverlays(name)) continue;
    const ssize_t size = get(name.c_str(), value.data(), value.size());
    if (size < 0) return errno;
    meta->xattrs.emplace_back(name, value.substr(0, static_cast<size_t>(size)));
  }
  return 0;
}

void TakeStat(const struct stat& st, Metadata* meta) {
  meta->mode = st.st_mode;
  meta->uid = st.st_uid;
  meta->gid = st.st_gid;
  meta->mtime_seconds = st.st_mtim.tv_sec;
  meta->mtime_nanoseconds = static_cast<uint32_t>(st.st_mtim.tv_nsec);
  meta->xattrs.clear();
}

}  // namespace

MetadataResult SetMetadata(int fd, const Metadata& meta, int created_mode, Skipped* skipped) {
  // Owner first: chown(2) clears setuid, setgid and file capabilities.
  if ((meta.uid != 0 || meta.gid != 0 || created_mode < 0) && fchown(fd, meta.uid, meta.gid) != 0) {
    return {errno, FailedAt::kOwner};
  }
  for (const auto& [name, value] : meta.xattrs) {
    if (fsetxattr(fd, name.c_str(), value.data(), value.size(), 0) == 0) continue;
    if (!CanBeSkipped(errno)) return {errno, FailedAt::kXattr};
    ++skipped->xattrs;
  }
  // After the attributes: an access control list rewrites the group bits, and the mode given has
  // the last word.
  const mode_t mode = meta.mode & 07777;
  if (static_cast<int>(mode) != created_mode && fchmod(fd, mode) != 0) {
    return {errno, FailedAt::kFinish};
  }
  const timespec times[2] = {
      Omitted(),
      {static_cast<time_t>(meta.mtime_seconds), static_cast<long>(meta.mtime_nanoseconds)}};
  if (futimens(fd, times) != 0) return {errno, FailedAt::kFinish};
  return {};
}

MetadataResult SetMetadataAt(int parent, const char* name, const Metadata& meta, bool is_symlink,
                             Skipped* skipped) {
  if ((meta.uid != 0 || meta.gid != 0) &&
      fchownat(parent, name, meta.uid, meta.gid, AT_SYMLINK_NOFOLLOW) != 0) {
    return {errno, FailedAt::kOwner};
  }
  if (!meta.xattrs.empty() && fchdir(parent) != 0) return {errno, FailedAt::kXattr};
  for (const auto& [key, value] : meta.xattrs) {
    if (lsetxattr(name, key.c_str(), value.data(), value.size(), 0) == 0) continue;
    if (!CanBeSkipped(errno)) return {errno, FailedAt::kXattr};
    ++skipped->xattrs;
  }
  if (!is_symlink && fchmodat(parent, name, meta.mode & 07777, 0) != 0) {
    return {errno, FailedAt::kFinish};
  }
  const timespec times[2] = {
      Omitted(),
      {static_cast<time_t>(meta.mtime_seconds), static_cast<long>(meta.mtime_nanoseconds)}};
  if (utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) != 0) return {errno, FailedAt::kFinish};
  return {};
}

int ReadMetadata(int fd, Metadata* meta) {
  struct stat st;
  if (fstat(fd, &st) != 0) return errno;
  TakeStat(st, meta);
  return ReadXattrs(
      [fd](char* names, size_t size) { return flistxattr(fd, names, size); },
      [fd](const char* name, char* value, size_t size) { return fgetxattr(fd, name, value, size); },
      meta);
}

int ReadMetadataAt(int parent, const char* name, Metadata* meta) {
  struct stat st;
  if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return errno;
  TakeStat(st, meta);
  if (fchdir(parent) != 0) return errno;
  return ReadXattrs([name](char* names, size_t size) { return llistxattr(name, names, size); },
                    [name](const char* key, char* value, size_t size) {
                      return lgetxattr(name, key, value, size);
                    },
                    meta);
}

}  // namespace tsrun
