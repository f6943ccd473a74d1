#include "workbench/file_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tsrun {

int FileWriter::Start(Tree* tree, const Place& place, const Metadata& meta, uint64_t size) {
  const int mode = static_cast<int>(meta.mode & 0777);
  for (;;) {
    Fd file(openat(place.parent, place.name.c_str(),
                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_LARGEFILE, mode));
    if (file.valid()) {
      Begin(std::move(file), meta, mode, size);
      return 0;
    }
    if (errno != EEXIST) return errno;
    bool whiteout = false;
    if (const int err = tree->Clear(place, &whiteout)) return err;
  }
}

void FileWriter::Begin(Fd file, const Metadata& meta, int created_mode, uint64_t size) {
  file_ = std::move(file);
  meta_ = meta;
  created_mode_ = created_mode;
  size_ = size;
  end_ = 0;
}

int FileWriter::Write(std::string_view piece, uint64_t offset) {
  if (!file_.valid() || offset < end_ || offset > size_ || piece.size() > size_ - offset) {
    return EPROTO;
  }
  while (!piece.empty()) {
    const ssize_t wrote =
        pwrite(file_.get(), piece.data(), piece.size(), static_cast<off_t>(offset));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    piece.remove_prefix(static_cast<size_t>(wrote));
    offset += static_cast<uint64_t>(wrote);
  }
  end_ = offset;
  return 0;
}

MetadataResult FileWriter::Finish(Skipped* skipped) {
  if (!file_.valid()) return {};
  if (end_ < size_ && ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) {
    return {errno, static_cast<FailedAt>(OperationKind::kFile)};
  }
  const MetadataResult result = SetMetadata(file_.get(), meta_, created_mode_, skipped);
  if (result.err == 0) file_.Close();
  return result;
}

}  // namespace tsrun
