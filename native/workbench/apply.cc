#include "workbench/apply.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "workbench/file_writer.h"
#include "workbench/finish.h"
#include "workbench/hard_link.h"
#include "workbench/layer_bytes.h"
#include "workbench/reply.h"
#include "workbench/settle.h"
#include "workbench/tree.h"

namespace tsrun {
namespace {

class Apply {
 public:
  Apply(int root, const char* opaque_name, const LayerBytes* bytes)
      : tree_(root, opaque_name), bytes_(bytes) {}

  Tree& tree() { return tree_; }
  Skipped& skipped() { return skipped_; }

  // Each returns 0, or an errno with what it was about in at().
  int Do(const Operation& operation);
  int FinishFile();
  uint8_t at() const { return at_; }
  const std::string& path() const { return path_; }

 private:
  int File(const Operation& operation);
  int Data(const Operation& operation);
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
  FileWriter file_;
  uint32_t files_ = 0;
  const LayerBytes* bytes_;
};

int Apply::Locate(const std::string& path, Place* place) {
  const int err = tree_.Locate(path, place);
  return err == 0 ? 0 : Fail(FailedAt::kParent, err);
}

int Apply::Do(const Operation& operation) {
  if (operation.kind == OperationKind::kData) return Data(operation);
  if (operation.kind == OperationKind::kRead) {
    ReplyPartFree(operation.part);
    return 0;
  }
  if (const int err = FinishFile()) return err;
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
    case OperationKind::kRead:
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
  if (const int err = file_.Start(&tree_, place, operation.meta, operation.size)) return err;
  const uint32_t number = files_++;
  tree_.Made(place, number);
  if (place.Path() != operation.path) ReplyMoved(number, place.Path());
  return 0;
}

int Apply::Data(const Operation& operation) {
  at_ = static_cast<uint8_t>(OperationKind::kFile);
  std::string_view piece;
  const bool within = bytes_->Get(operation.from, operation.length, &piece);
  const int err = within ? file_.Write(piece, operation.offset) : EPROTO;
  return err == EPROTO ? Fail(FailedAt::kStream, err) : err;
}

int Apply::FinishFile() {
  at_ = static_cast<uint8_t>(OperationKind::kFile);
  return Set(file_.Finish(&skipped_));
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
  return LinkOrHold(&tree_, place, operation.target);
}

int Run(OperationReader* reader, Apply* apply) {
  Operation operation;
  for (;;) {
    if (const int err = reader->Next(&operation)) {
      ReplyFailure(FailedAt::kStream, err, apply->path());
      return 1;
    }
    const bool ended = operation.kind == OperationKind::kEnd;
    const int err = ended ? apply->FinishFile() : apply->Do(operation);
    if (err != 0) {
      ReplyFailure(apply->at(), err, apply->path());
      return 1;
    }
    if (ended) return 0;
  }
}

}  // namespace

int ApplyMain(int root, int door, const char* opaque_name) {
  LayerBytes bytes;
  OperationReader reader(STDIN_FILENO);
  if (const int err = bytes.Map(kSharedMemory)) {
    ReplyFailure(FailedAt::kStream, err, "");
    return 1;
  }
  if (const int err = reader.Start()) {
    ReplyFailure(FailedAt::kStream, err, "");
    return 1;
  }
  Apply apply(root, opaque_name, &bytes);
  if (Run(&reader, &apply) != 0) return 1;
  if (Settle(&apply.tree(), door, &apply.skipped()) != 0) return 1;
  if (Finish(&apply.tree(), &apply.skipped()) != 0) return 1;
  ReplyDone(apply.skipped().devices, apply.skipped().xattrs);
  return 0;
}

}  // namespace tsrun
