#include "files/place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <utility>

#include "workbench/file_writer.h"
#include "workbench/layer_bytes.h"
#include "workbench/operation_reader.h"
#include "workbench/reply.h"

namespace tsrun {
namespace {

class Placer {
 public:
  Placer(const Handles& handles, const Destination& destination, Parents parents,
         const LayerBytes* bytes)
      : handles_(handles), spots_(destination, parents), bytes_(bytes) {}

  int Do(const Operation& operation);
  // Metadata of directories, when nothing is made in them any more.
  int Finish();
  // Removes what is half made.
  void GiveUp();
  uint8_t at() const { return at_; }
  const std::string& path() const { return path_; }
  const Skipped& skipped() const { return skipped_; }

 private:
  struct Directory {
    Metadata meta;
    dev_t device;
    ino_t inode;
  };
  int MakeDirectory(const Operation& operation);
  int Start(const Operation& operation);
  int Data(const Operation& operation);
  int EndFile();
  int Symlink(const Operation& operation);
  int HardLink(const Operation& operation);
  int Node(const Operation& operation);
  int Locate(const std::string& path, Spot* spot);
  int Reserve(Spot* spot);
  int Dress(const Spot& spot, const Metadata& meta, mode_t kind);
  int Fail(FailedAt at, int err) {
    at_ = static_cast<uint8_t>(at);
    return err;
  }
  int Set(const MetadataResult& result) {
    return result.err == 0 ? 0 : Fail(result.at, result.err);
  }

  const Handles& handles_;
  Spots spots_;
  const LayerBytes* bytes_;
  Skipped skipped_;
  uint8_t at_ = 0;
  std::string path_;
  // The file that data come for.
  Spot spot_;
  FileWriter file_;
  std::map<std::string, Directory> directories_;
};

int Placer::Locate(const std::string& path, Spot* spot) {
  const int err = spots_.Locate(path, spot);
  return err == 0 ? 0 : Fail(FailedAt::kParent, err);
}

int Placer::Reserve(Spot* spot) {
  const int err = spots_.Reserve(spot);
  return err == EISDIR ? Fail(FailedAt::kOverDirectory, err) : err;
}

// Owner and the rest for what cannot be opened. Somebody else may have taken its place by now: then
// it is not dressed up.
int Placer::Dress(const Spot& spot, const Metadata& meta, mode_t kind) {
  const Fd handle = HandleOf(spot.parent.get(), spot.made_as.c_str());
  struct stat st;
  if (!handle.valid() || fstat(handle.get(), &st) != 0) return errno;
  if ((st.st_mode & S_IFMT) != kind) return EAGAIN;
  return Set(handles_.SetMetadata(handle.get(), st, meta, &skipped_));
}

int Placer::MakeDirectory(const Operation& operation) {
  // The destination itself stays as it is.
  if (operation.path.empty()) return 0;
  Spot spot;
  if (const int err = Locate(operation.path, &spot)) return err;
  const bool made = mkdirat(spot.parent.get(), spot.name.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return errno;
  const Fd directory(openat(spot.parent.get(), spot.name.c_str(),
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat st;
  if (!directory.valid()) {
    return errno == ENOTDIR || errno == ELOOP ? Fail(FailedAt::kOverFile, ENOTDIR) : errno;
  }
  if (fstat(directory.get(), &st) != 0) return errno;
  directories_[operation.path] = {operation.meta, st.st_dev, st.st_ino};
  return 0;
}

int Placer::Start(const Operation& operation) {
  if (const int err = Locate(operation.path, &spot_)) return err;
  if (const int err = Reserve(&spot_)) return err;
  Fd file(openat(spot_.parent.get(), spot_.made_as.c_str(),
                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) {
    const int err = errno;
    spot_.made_as.clear();
    return err;
  }
  file_.Begin(std::move(file), operation.meta, -1, operation.size);
  return 0;
}

int Placer::Data(const Operation& operation) {
  at_ = static_cast<uint8_t>(OperationKind::kFile);
  std::string_view piece;
  const bool within = bytes_->Get(operation.from, operation.length, &piece);
  const int err = within ? file_.Write(piece, operation.offset) : EPROTO;
  return err == EPROTO ? Fail(FailedAt::kStream, err) : err;
}

int Placer::EndFile() {
  if (!file_.is_open()) return 0;
  at_ = static_cast<uint8_t>(OperationKind::kFile);
  if (const int err = Set(file_.Finish(&skipped_))) return err;
  return Settle(&spot_);
}

int Placer::Symlink(const Operation& operation) {
  Spot spot;
  if (const int err = Locate(operation.path, &spot)) return err;
  if (const int err = Reserve(&spot)) return err;
  if (symlinkat(operation.target.c_str(), spot.parent.get(), spot.made_as.c_str()) != 0) {
    return errno;
  }
  int err = Dress(spot, operation.meta, S_IFLNK);
  if (err == 0) err = Settle(&spot);
  if (err != 0 && !spot.made_as.empty()) unlinkat(spot.parent.get(), spot.made_as.c_str(), 0);
  spots_.AddLink(operation.path);
  return err;
}

int Placer::HardLink(const Operation& operation) {
  Spot from;
  Spot spot;
  if (const int err = Locate(operation.target, &from)) return err;
  if (const int err = Locate(operation.path, &spot)) return err;
  if (const int err = Reserve(&spot)) return err;
  if (linkat(from.parent.get(), from.name.c_str(), spot.parent.get(), spot.made_as.c_str(), 0) !=
      0) {
    return errno;
  }
  if (spots_.IsLink(operation.target)) spots_.AddLink(operation.path);
  return Settle(&spot);
}

int Placer::Node(const Operation& operation) {
  const mode_t kind = operation.meta.mode & S_IFMT;
  if (kind != S_IFCHR && kind != S_IFBLK && kind != S_IFIFO) return EPROTO;
  Spot spot;
  if (const int err = Locate(operation.path, &spot)) return err;
  if (const int err = Reserve(&spot)) return err;
  const dev_t device = kind == S_IFIFO ? 0 : makedev(operation.major, operation.minor);
  if (mknodat(spot.parent.get(), spot.made_as.c_str(), kind | 0600, device) != 0) {
    if (errno != EPERM || kind == S_IFIFO) return errno;
    ++skipped_.devices;
    return 0;
  }
  int err = Dress(spot, operation.meta, kind);
  if (err == 0) err = Settle(&spot);
  if (err != 0 && !spot.made_as.empty()) unlinkat(spot.parent.get(), spot.made_as.c_str(), 0);
  return err;
}

int Placer::Do(const Operation& operation) {
  if (operation.kind == OperationKind::kData) return Data(operation);
  if (operation.kind == OperationKind::kRead) {
    ReplyPartFree(operation.part);
    return 0;
  }
  if (const int err = EndFile()) return err;
  if (operation.kind == OperationKind::kEnd) return 0;
  path_ = operation.path;
  at_ = static_cast<uint8_t>(operation.kind);
  // What this archive brings now is no link of its any more.
  if (operation.kind != OperationKind::kDirectory) spots_.ForgetLink(operation.path);
  switch (operation.kind) {
    case OperationKind::kDirectory:
      return MakeDirectory(operation);
    case OperationKind::kFile:
      return Start(operation);
    case OperationKind::kSymlink:
      return Symlink(operation);
    case OperationKind::kHardLink:
      return HardLink(operation);
    case OperationKind::kNode:
      return Node(operation);
    case OperationKind::kWhiteout:
    case OperationKind::kOpaque:
    case OperationKind::kData:
    case OperationKind::kRead:
    case OperationKind::kEnd:
      return EPROTO;
  }
  return EPROTO;
}

int Placer::Finish() {
  for (auto at = directories_.rbegin(); at != directories_.rend(); ++at) {
    path_ = at->first;
    // Links among its parents were followed when it was made; the inode says that it is the same.
    const Fd directory = spots_.OpenDirectory(at->first);
    struct stat st;
    if (!directory.valid() || fstat(directory.get(), &st) != 0) continue;
    if (st.st_dev != at->second.device || st.st_ino != at->second.inode) continue;
    if (const int err = Set(SetMetadata(directory.get(), at->second.meta, -1, &skipped_)))
      return err;
  }
  return 0;
}

void Placer::GiveUp() {
  if (file_.is_open() && !spot_.made_as.empty()) {
    unlinkat(spot_.parent.get(), spot_.made_as.c_str(), 0);
  }
}

}  // namespace

int PlaceMain(const Handles& handles, const Destination& destination, Parents parents) {
  LayerBytes bytes;
  OperationReader reader(STDIN_FILENO);
  int err = bytes.Map(kSharedMemory);
  if (err == 0) err = reader.Start();
  if (err != 0) {
    ReplyFailure(FailedAt::kStream, err, "");
    return 1;
  }
  Placer placer(handles, destination, parents, &bytes);
  for (;;) {
    Operation operation;
    err = reader.Next(&operation);
    if (err != 0) {
      placer.GiveUp();
      ReplyFailure(FailedAt::kStream, err, placer.path());
      return 1;
    }
    err = placer.Do(operation);
    if (err == 0 && operation.kind != OperationKind::kEnd) continue;
    if (err == 0) err = placer.Finish();
    if (err == 0) {
      ReplyDone(placer.skipped().devices, placer.skipped().xattrs);
      return 0;
    }
    placer.GiveUp();
    ReplyFailure(placer.at(), err, placer.path());
    return 1;
  }
}

}  // namespace tsrun
