#include "workbench/operation_reader.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tsrun {
namespace {

constexpr size_t kBuffer = 2 * kMaxPayload;

// Takes fields off the front of a payload; after a short read everything is false and empty.
class Cursor {
 public:
  explicit Cursor(std::string_view left) : left_(left) {}
  template <typename T>
  bool Number(T* value) {
    if (left_.size() < sizeof(T)) return false;
    memcpy(value, left_.data(), sizeof(T));
    left_.remove_prefix(sizeof(T));
    return true;
  }
  bool Bytes(std::string* value) {
    uint32_t length = 0;
    if (!Number(&length) || left_.size() < length) return false;
    value->assign(left_.data(), length);
    left_.remove_prefix(length);
    return true;
  }
  bool Path(std::string* value) { return Bytes(value) && IsPlainPath(*value); }
  bool AtEnd() const { return left_.empty(); }

 private:
  std::string_view left_;
};

bool TakeMetadata(Cursor* cursor, Metadata* meta) {
  uint32_t count = 0;
  if (!cursor->Number(&meta->mode) || !cursor->Number(&meta->uid) || !cursor->Number(&meta->gid) ||
      !cursor->Number(&meta->mtime_seconds) || !cursor->Number(&meta->mtime_nanoseconds) ||
      !cursor->Number(&count)) {
    return false;
  }
  // (uid_t)-1 would mean "leave the owner alone" to chown(2).
  if (meta->uid == UINT32_MAX || meta->gid == UINT32_MAX) return false;
  if (meta->mtime_nanoseconds > 999999999) return false;
  meta->xattrs.clear();
  for (uint32_t i = 0; i < count; ++i) {
    std::pair<std::string, std::string> xattr;
    if (!cursor->Bytes(&xattr.first) || !cursor->Bytes(&xattr.second)) return false;
    if (xattr.first.find('\0') != std::string::npos) return false;
    meta->xattrs.push_back(std::move(xattr));
  }
  return true;
}

// Only a directory and an opaque mark may be about the root itself.
bool NamesAnEntry(OperationKind kind) {
  return kind == OperationKind::kFile || kind == OperationKind::kSymlink ||
         kind == OperationKind::kHardLink || kind == OperationKind::kNode ||
         kind == OperationKind::kWhiteout;
}

}  // namespace

bool IsPlainPath(std::string_view path) {
  if (path.empty()) return true;
  if (path.size() > kMaxPath) return false;
  size_t start = 0;
  while (start <= path.size()) {
    size_t slash = path.find('/', start);
    if (slash == std::string_view::npos) slash = path.size();
    const std::string_view name = path.substr(start, slash - start);
    if (name.empty() || name == "." || name == "..") return false;
    if (name.size() > kMaxName || name.find('\0') != std::string_view::npos) return false;
    start = slash + 1;
  }
  return true;
}

OperationReader::OperationReader(int fd) : fd_(fd), buffer_(new char[kBuffer]) {}

int OperationReader::Fill(size_t wanted) {
  if (end_ - begin_ >= wanted) return 0;
  if (begin_ > 0) {
    memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  while (end_ < wanted) {
    const ssize_t got = read(fd_, buffer_.get() + end_, kBuffer - end_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return EPIPE;
    end_ += static_cast<size_t>(got);
  }
  return 0;
}

int OperationReader::Start() {
  if (const int err = Fill(8)) return err;
  uint32_t version = 0;
  memcpy(&version, buffer_.get() + begin_ + 4, 4);
  if (memcmp(buffer_.get() + begin_, "TSRL", 4) != 0 || version != kWireVersion) return EPROTO;
  begin_ += 8;
  return 0;
}

int OperationReader::Next(Operation* operation) {
  if (const int err = Fill(kOperationHeader)) return err;
  const char* header = buffer_.get() + begin_;
  uint32_t length = 0;
  memcpy(&length, header + 4, 4);
  const auto kind = static_cast<uint8_t>(header[0]);
  if (kind < 1 || kind > kLastOperation || header[1] != 0 || header[2] != 0 || header[3] != 0)
    return EPROTO;
  operation->kind = static_cast<OperationKind>(kind);
  begin_ += kOperationHeader;
  if (length > kMaxPayload) return EPROTO;
  if (const int err = Fill(length)) return err;
  const std::string_view payload(buffer_.get() + begin_, length);
  begin_ += length;
  return Decode(payload, operation);
}

int OperationReader::Decode(std::string_view payload, Operation* operation) {
  Cursor cursor(payload);
  bool ok = false;
  switch (operation->kind) {
    case OperationKind::kDirectory:
      ok = TakeMetadata(&cursor, &operation->meta) && cursor.Path(&operation->path);
      break;
    case OperationKind::kFile:
      ok = TakeMetadata(&cursor, &operation->meta) && cursor.Number(&operation->size) &&
           operation->size <= INT64_MAX && cursor.Path(&operation->path);
      break;
    case OperationKind::kSymlink:
      ok = TakeMetadata(&cursor, &operation->meta) && cursor.Path(&operation->path) &&
           cursor.Bytes(&operation->target) && operation->target.size() <= kMaxPath &&
           operation->target.find('\0') == std::string::npos;
      break;
    case OperationKind::kHardLink:
      ok = cursor.Path(&operation->path) && cursor.Path(&operation->target) &&
           !operation->target.empty();
      break;
    case OperationKind::kNode:
      ok = TakeMetadata(&cursor, &operation->meta) && cursor.Number(&operation->major) &&
           cursor.Number(&operation->minor) && cursor.Path(&operation->path);
      break;
    case OperationKind::kWhiteout:
    case OperationKind::kOpaque:
      ok = cursor.Path(&operation->path);
      break;
    case OperationKind::kEnd:
      ok = true;
      break;
    case OperationKind::kData:
      // Offsets are off_t later on.
      ok = cursor.Number(&operation->offset) && cursor.Number(&operation->from) &&
           cursor.Number(&operation->length) && operation->offset <= INT64_MAX - UINT32_MAX;
      break;
    case OperationKind::kRead:
      ok = cursor.Number(&operation->part);
      break;
  }
  if (ok && NamesAnEntry(operation->kind) && operation->path.empty()) ok = false;
  return ok && cursor.AtEnd() ? 0 : EPROTO;
}

}  // namespace tsrun
