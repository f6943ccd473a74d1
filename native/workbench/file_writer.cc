#include "workbench/file_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace tsrun {

int FileWriter::Start(Tree* tree, const Place& place, const Metadata& meta, uint64_t size) {
  created_mode_ = static_cast<int>(meta.mode & 0777);
  for (;;) {
    file_ = Fd(openat(place.parent, place.name.c_str(),
                      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_LARGEFILE,
                      created_mode_));
    if (file_.valid()) break;
    if (errno != EEXIST) return errno;
    bool whiteout = false;
    if (const int err = tree->Clear(place, &whiteout)) return err;
  }
  meta_ = meta;
  size_ = size;
  end_ = 0;
  return 0;
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
  file_.Close();
  return result;
}

}  // namespace tsrun
