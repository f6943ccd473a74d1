#include "workbench/look.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "sys/fd.h"
#include "sys/syscalls.h"
#include "workbench/metadata.h"
#include "workbench/names.h"
#include "workbench/wire.h"

namespace tsrun {
namespace {

constexpr size_t kOut = 256 << 10;
// A descriptor for each level that is open: below the usual limit of 1024.
constexpr size_t kMaxLevels = 900;

template <typename T>
void Put(std::string* out, T value) {
  char bytes[sizeof value];
  memcpy(bytes, &value, sizeof value);
  out->append(bytes, sizeof value);
}

void PutText(std::string* out, std::string_view text) {
  Put(out, static_cast<uint32_t>(text.size()));
  out->append(text);
}

int WriteAll(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return 0;
}

// ENODATA: nothing more comes.
int ReadAll(void* to, size_t length) {
  char* at = static_cast<char*>(to);
  for (size_t left = length; left > 0;) {
    const ssize_t got = read(STDIN_FILENO, at, left);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return left == length ? ENODATA : EPROTO;
    at += got;
    left -= static_cast<size_t>(got);
  }
  return 0;
}

struct Level {
  Fd fd;
  std::string path;
  std::vector<std::string> names;  // the last one first
};

class Looker {
 public:
  Looker(int root, const char* opaque) : root_(root), opaque_(opaque) {}

  // Both: 0, or the errno of what was asked for. Those of the output are in `lost`.
  int One(const std::string& path);
  int All(const std::string& path);
  int End(int err);
  int lost() const { return lost_; }

 private:
  int Add(int parent, const std::string& name, const std::string& path, bool* directory);
  int Enter(int parent, const char* name, const std::string& path, std::vector<Level>* levels);
  bool IsOpaque(int directory) const;
  void Flush();

  const int root_;
  const char* const opaque_;
  std::string out_;
  int lost_ = 0;
};

bool Looker::IsOpaque(int directory) const {
  char value[2];
  const ssize_t size = fgetxattr(directory, opaque_, value, sizeof value);
  // 'x' only tells that whiteouts may be xattrs (kernel commit 420332b94119): nobody here makes
  // those.
  return size == 1 && value[0] == 'y';
}

int Looker::Add(int parent, const std::string& name, const std::string& path, bool* directory) {
  struct stat st;
  if (fstatat(parent, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) return errno;
  *directory = S_ISDIR(st.st_mode);
  Metadata meta;
  bool opaque = false;
  std::string target;
  if (*directory || S_ISREG(st.st_mode)) {
    const Fd entry(
        openat(parent, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!entry.valid()) return errno;
    if (const int err = ReadMetadata(entry.get(), &meta)) return err;
    opaque = *directory && IsOpaque(entry.get());
  } else if (const int err = ReadMetadataAt(parent, name.c_str(), &meta)) {
    return err;
  }
  if (S_ISLNK(st.st_mode)) {
    target.resize(kMaxPath + 1);
    const ssize_t length = readlinkat(parent, name.c_str(), target.data(), target.size());
    if (length < 0) return errno;
    target.resize(static_cast<size_t>(length));
  }
  std::string entry;
  Put(&entry, meta.mode);
  Put(&entry, meta.uid);
  Put(&entry, meta.gid);
  Put(&entry, meta.mtime_seconds);
  Put(&entry, meta.mtime_nanoseconds);
  Put(&entry, static_cast<uint64_t>(st.st_size));
  Put(&entry, static_cast<uint32_t>(major(st.st_rdev)));
  Put(&entry, static_cast<uint32_t>(minor(st.st_rdev)));
  Put(&entry, static_cast<uint64_t>(st.st_ino));
  Put(&entry, static_cast<uint8_t>(opaque));
  PutText(&entry, path);
  PutText(&entry, target);
  Put(&entry, static_cast<uint32_t>(meta.xattrs.size()));
  for (const auto& [key, value] : meta.xattrs) {
    PutText(&entry, key);
    PutText(&entry, value);
  }
  Put(&out_, kEntry);
  PutText(&out_, entry);
  if (out_.size() >= kOut) Flush();
  return 0;
}

int Looker::One(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string above = slash == std::string::npos ? "." : path.substr(0, slash);
  const std::string name = path.empty() ? "." : path.substr(slash + 1);
  const Fd parent(sys::Openat2(root_, above.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC, 0,
                               RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV));
  if (!parent.valid()) return errno;
  bool directory = false;
  return Add(parent.get(), name, path, &directory);
}

int Looker::Enter(int parent, const char* name, const std::string& path,
                  std::vector<Level>* levels) {
  if (levels->size() == kMaxLevels) return ENAMETOOLONG;
  Level level;
  level.fd = OpenListed(parent, name);
  if (!level.fd.valid()) return errno;
  level.path = path;
  if (const int err = NamesIn(level.fd.get(), &level.names)) return err;
  std::sort(level.names.rbegin(), level.names.rend());
  levels->push_back(std::move(level));
  return 0;
}

int Looker::All(const std::string& path) {
  std::vector<Level> levels;
  if (const int err = One(path)) return err;
  if (const int err = Enter(root_, path.empty() ? "." : path.c_str(), path, &levels)) return err;
  while (!levels.empty() && lost_ == 0) {
    Level& level = levels.back();
    if (level.names.empty()) {
      levels.pop_back();
      continue;
    }
    const std::string name = std::move(level.names.back());
    level.names.pop_back();
    const std::string child = level.path.empty() ? name : level.path + "/" + name;
    bool directory = false;
    int err = Add(level.fd.get(), name, child, &directory);
    if (err == 0 && directory) err = Enter(level.fd.get(), name.c_str(), child, &levels);
    // A container that runs may have removed it.
    if (err != 0 && err != ENOENT) return err;
  }
  return 0;
}

int Looker::End(int err) {
  Put(&out_, static_cast<int32_t>(err));
  Flush();
  return lost_;
}

void Looker::Flush() {
  if (lost_ == 0) lost_ = WriteAll(out_);
  out_.clear();
}

}  // namespace

void LookEnd(int err) { Looker(-1, "").End(err); }

int LookAround(int root, const char* opaque) {
  Looker looker(root, opaque);
  for (;;) {
    char head[5];
    const int err = ReadAll(head, sizeof head);
    if (err == ENODATA) return 0;
    if (err != 0) return err;
    uint32_t length = 0;
    memcpy(&length, head + 1, sizeof length);
    if (length > kMaxPath) return EPROTO;
    std::string path(length, '\0');
    if (length > 0 && ReadAll(path.data(), length) != 0) return EPROTO;
    if (!IsPlainPath(path)) return EPROTO;
    const int found = head[0] == kLookAll ? looker.All(path) : looker.One(path);
    if (const int lost = looker.End(found)) return lost;
  }
}

}  // namespace tsrun
