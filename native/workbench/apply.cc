#include "workbench/apply.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "workbench/finish.h"
#include "workbench/reply.h"
#include "workbench/settle.h"
#include "workbench/tree.h"

namespace tsrun {
namespace {

class Apply {
 public:
  Apply(int root, const char* opaque_name) : tree_(root, opaque_name) {}

  Tree& tree() { return tree_; }
  Skipped& skipped() { return skipped_; }

  // Each returns 0, or an errno with what it was about in at().
  int Do(const Operation& operation);
  int Write(std::string_view piece, uint64_t offset);
  int FinishFile();
  uint8_t at() const { return at_; }
  const std::string& path() const { return path_; }

 private:
  int File(const Operation& operation);
  int Symlink(const Operation& operation);
  int HardLink(const Operation& operation);
  int Node(const Operation& operation);
  int Opaque(const Operation& operation);
  int Directory(const Operation& operation);
  int Locate(const std::string& path, Place* place);
  int Fail(FailedAt at, int err) {
    at_ = static_cast<uint8_t>(at);
    return err;
  }
  int Set(const MetadataResult& result) {
    return result.err == 0 ? 0 : Fail(result.at, result.err);
  }

  Tree tree_;
  Skipped skipped_;
  std::string path_;
  uint8_t at_ = 0;
  // The file being written.
  Fd file_;
  Metadata file_meta_;
  uint64_t file_size_ = 0;
  uint64_t file_end_ = 0;
  int file_mode_ = 0;
};

int Apply::Locate(const std::string& path, Place* place) {
  const int err = tree_.Locate(path, place);
  return err == 0 ? 0 : Fail(FailedAt::kParent, err);
}

int Apply::Do(const Operation& operation) {
  path_ = operation.path;
  at_ = static_cast<uint8_t>(operation.kind);
  tree_.Trim();
  switch (operation.kind) {
    case OperationKind::kDirectory:
      return Directory(operation);
    case OperationKind::kFile:
      return File(operation);
    case OperationKind::kSymlink:
      return Symlink(operation);
    case OperationKind::kHardLink:
      return HardLink(operation);
    case OperationKind::kNode:
      return Node(operation);
    case OperationKind::kWhiteout: {
      Place place;
      const int err = tree_.LocateForMark(operation.path, &place);
      if (err != 0) return err == ENODATA ? 0 : Fail(FailedAt::kParent, err);
      return tree_.Whiteout(place);
    }
    case OperationKind::kOpaque:
      return Opaque(operation);
    case OperationKind::kData:
    case OperationKind::kEnd:
      return EPROTO;
  }
  return EPROTO;
}

int Apply::Directory(const Operation& operation) {
  if (operation.path.empty()) {
    auto& root = tree_.directories()[""];
    root.origin = Origin::kEntry;
    root.meta = operation.meta;
    return 0;
  }
  Place place;
  if (const int err = Locate(operation.path, &place)) return err;
  return tree_.MakeDirectory(place, Origin::kEntry, operation.meta);
}

int Apply::Opaque(const Operation& operation) {
  std::string canonical;
  int fd = -1;
  const int err = tree_.LocateDirectory(operation.path, &canonical, &fd);
  if (err != 0) return err == ENODATA ? 0 : Fail(FailedAt::kParent, err);
  return tree_.MarkOpaque(canonical);
}

int Apply::File(const Operation& operation) {
  Place place;
  if (const int err = Locate(operation.path, &place)) return err;
  file_mode_ = static_cast<int>(operation.meta.mode & 0777);
  for (;;) {
    file_ =
        Fd(openat(place.parent, place.name.c_str(),
                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_LARGEFILE, file_mode_));
    if (file_.valid()) break;
    if (errno != EEXIST) return errno;
    bool whiteout = false;
    if (const int err = tree_.Clear(place, &whiteout)) return err;
  }
  file_meta_ = operation.meta;
  file_size_ = operation.size;
  file_end_ = 0;
  return 0;
}

int Apply::Write(std::string_view piece, uint64_t offset) {
  at_ = static_cast<uint8_t>(OperationKind::kFile);
  if (!file_.valid() || offset < file_end_ || offset > file_size_ ||
      piece.size() > file_size_ - offset) {
    return Fail(FailedAt::kStream, EPROTO);
  }
  while (!piece.empty()) {
    const ssize_t wrote =
        pwrite(file_.get(), piece.data(), piece.size(), static_cast<off_t>(offset));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    piece.remove_prefix(static_cast<size_t>(wrote));
    offset += static_cast<uint64_t>(wrote);
  }
  file_end_ = offset;
  return 0;
}

int Apply::FinishFile() {
  if (!file_.valid()) return 0;
  at_ = static_cast<uint8_t>(OperationKind::kFile);
  if (file_end_ < file_size_ && ftruncate(file_.get(), static_cast<off_t>(file_size_)) != 0) {
    return errno;
  }
  const int err = Set(SetMetadata(file_.get(), file_meta_, file_mode_, &skipped_));
  file_.Close();
  return err;
}

int Apply::Symlink(const Operation& operation) {
  Place place;
  if (const int err = Locate(operation.path, &place)) return err;
  while (symlinkat(operation.target.c_str(), place.parent, place.name.c_str()) != 0) {
    if (errno != EEXIST) return errno;
    bool whiteout = false;
    if (const int err = tree_.Clear(place, &whiteout)) return err;
  }
  return Set(SetMetadataAt(place.parent, place.name.c_str(), operation.meta, true, &skipped_));
}

int Apply::Node(const Operation& operation) {
  Place place;
  if (const int err = Locate(operation.path, &place)) return err;
  const mode_t kind = operation.meta.mode & S_IFMT;
  if (kind != S_IFCHR && kind != S_IFBLK && kind != S_IFIFO) return EPROTO;
  const dev_t device = kind == S_IFIFO ? 0 : makedev(operation.major, operation.minor);
  while (mknodat(place.parent, place.name.c_str(), kind | 0600, device) != 0) {
    if (errno == EPERM && kind != S_IFIFO) {
      // Devices cannot be made in a user namespace; /dev of a container is fresh anyway.
      ++skipped_.devices;
      return 0;
    }
    if (errno != EEXIST) return errno;
    bool whiteout = false;
    if (const int err = tree_.Clear(place, &whiteout)) return err;
  }
  return Set(SetMetadataAt(place.parent, place.name.c_str(), operation.meta, false, &skipped_));
}

int Apply::HardLink(const Operation& operation) {
  Place place;
  if (const int err = Locate(operation.path, &place)) return err;
  Place target;
  const int found = tree_.Find(operation.target, &target);
  if (found != 0 && found != ENOENT) return found;
  bool lower = found == ENOENT;
  size_t index = tree_.targets().size();
  if (!lower) {
    if (target.Path() == place.Path()) return EINVAL;
    struct stat st;
    if (fstatat(target.parent, target.name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) return errno;
      lower = true;
    } else if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0)) {
      return ENOENT;
    }
    const auto holder = tree_.placeholders().find(target.Path());
    if (holder != tree_.placeholders().end()) {
      lower = true;
      index = holder->second;
    }
  }
  bool whiteout = false;
  if (!lower) {
    while (linkat(target.parent, target.name.c_str(), place.parent, place.name.c_str(), 0) != 0) {
      if (errno != EEXIST) return errno;
      if (const int err = tree_.Clear(place, &whiteout)) return err;
    }
    return 0;
  }
  // The target is in a lower layer, which may not be there yet: hold the place.
  for (;;) {
    Fd holder(
        openat(place.parent, place.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (holder.valid()) break;
    if (errno != EEXIST) return errno;
    if (const int err = tree_.Clear(place, &whiteout)) return err;
  }
  if (index == tree_.targets().size()) tree_.targets().push_back(operation.target);
  tree_.placeholders()[place.Path()] = index;
  return 0;
}

int Run(OperationReader* reader, Apply* apply) {
  Operation operation;
  for (;;) {
    if (const int err = reader->Next(&operation)) {
      ReplyFailure(FailedAt::kStream, err, apply->path());
      return 1;
    }
    int err = 0;
    if (operation.kind == OperationKind::kData) {
      std::string_view piece;
      uint64_t offset = 0;
      do {
        if (const int damaged = reader->Data(&piece, &offset)) {
          ReplyFailure(FailedAt::kStream, damaged, apply->path());
          return 1;
        }
        if (!piece.empty()) err = apply->Write(piece, offset);
      } while (err == 0 && !piece.empty());
    } else {
      err = apply->FinishFile();
      if (err == 0 && operation.kind == OperationKind::kEnd) return 0;
      if (err == 0) err = apply->Do(operation);
    }
    if (err != 0) {
      ReplyFailure(apply->at(), err, apply->path());
      return 1;
    }
  }
}

}  // namespace

int ApplyMain(int root, int door, const char* opaque_name) {
  OperationReader reader(STDIN_FILENO);
  if (const int err = reader.Start()) {
    ReplyFailure(FailedAt::kStream, err, "");
    return 1;
  }
  Apply apply(root, opaque_name);
  if (Run(&reader, &apply) != 0) return 1;
  if (Settle(&apply.tree(), door, &apply.skipped()) != 0) return 1;
  if (Finish(&apply.tree(), &apply.skipped()) != 0) return 1;
  ReplyDone(apply.skipped().devices, apply.skipped().xattrs);
  return 0;
}

}  // namespace tsrun
