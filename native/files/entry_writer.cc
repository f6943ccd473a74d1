#include "files/entry_writer.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "workbench/wire.h"

namespace tsrun {
namespace {

// Less is not worth a map that some programs cannot read.
constexpr uint64_t kWorthAMap = 64 << 10;

// The parts of a file that hold data, lseek(2) SEEK_DATA. False: as good as all of it, or not to be
// known.
bool HasHoles(int fd, const struct stat& st, Extents* extents) {
  const auto size = static_cast<uint64_t>(st.st_size);
  if (static_cast<uint64_t>(st.st_blocks) * 512 + kWorthAMap > size) return false;
  uint64_t stored = 0;
  for (off_t at = 0; at < st.st_size;) {
    const off_t begin = lseek(fd, at, SEEK_DATA);
    if (begin < 0 && errno == ENXIO) break;
    if (begin < 0 || begin >= st.st_size) return false;
    off_t end = lseek(fd, begin, SEEK_HOLE);
    if (end < 0) return false;
    if (end > st.st_size) end = st.st_size;
    extents->emplace_back(begin, end - begin);
    stored += static_cast<uint64_t>(end - begin);
    at = end;
  }
  // GNU tar knows the size by the last extent.
  if (extents->empty() || extents->back().first + extents->back().second < size) {
    extents->emplace_back(size, 0);
  }
  return stored + kWorthAMap <= size;
}

}  // namespace

int EntryWriter::Write(int handle, const struct stat& st, const std::string& name) {
  TarHeader header;
  header.name = name;
  Metadata meta;
  TakeStat(st, &meta);
  if (S_ISSOCK(st.st_mode)) {
    ++left_out_;
    return 0;
  }
  if (!S_ISDIR(st.st_mode) && st.st_nlink > 1) {
    const auto [first, is_new] = names_.emplace(std::make_pair(st.st_dev, st.st_ino), name);
    if (!is_new) {
      header.type = '1';
      header.target = first->second;
      tar_->Header(header, meta);
      return tar_->error();
    }
  }
  if (S_ISREG(st.st_mode)) return File(handle, st, header, &meta);
  if (const int err = handles_->ReadXattrs(handle, &meta)) return err;
  if (S_ISDIR(st.st_mode)) {
    header.type = '5';
    header.name += "/";
  } else if (S_ISLNK(st.st_mode)) {
    header.type = '2';
    header.target.resize(kMaxPath + 1);
    const ssize_t length = readlinkat(handle, "", header.target.data(), header.target.size());
    if (length < 0) return errno;
    header.target.resize(static_cast<size_t>(length));
  } else {
    header.type = S_ISCHR(st.st_mode) ? '3' : S_ISBLK(st.st_mode) ? '4' : '6';
    if (header.type != '6') {
      header.major = major(st.st_rdev);
      header.minor = minor(st.st_rdev);
    }
  }
  tar_->Header(header, meta);
  return tar_->error();
}

int EntryWriter::File(int handle, const struct stat& seen, const TarHeader& named, Metadata* meta) {
  // A regular file, as was seen by this very handle: opening it does nothing else.
  const Fd file = handles_->Reopen(handle, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file.valid()) return errno;
  if (const int err = handles_->ReadXattrs(handle, meta)) return err;
  struct stat st = seen;
  if (fstat(file.get(), &st) != 0) return errno;
  TarHeader header = named;
  header.size = static_cast<uint64_t>(st.st_size);
  Extents extents;
  if (HasHoles(file.get(), st, &extents)) {
    tar_->SparseHeader(header, *meta, extents);
    for (const auto& [offset, length] : extents) Copy(file.get(), offset, length);
  } else {
    tar_->Header(header, *meta);
    Copy(file.get(), 0, header.size);
  }
  tar_->Pad();
  return tar_->error();
}

// As many bytes as the header says, whatever becomes of the file meanwhile: one that is cut short
// is filled with zeros, as GNU tar does.
void EntryWriter::Copy(int fd, uint64_t offset, uint64_t length) {
  while (length > 0 && tar_->error() == 0) {
    const size_t piece = length < kPiece ? static_cast<size_t>(length) : kPiece;
    ssize_t got = pread(fd, data_.get(), piece, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      memset(data_.get(), 0, piece);
      got = static_cast<ssize_t>(piece);
    }
    tar_->Data({data_.get(), static_cast<size_t>(got)});
    offset += static_cast<uint64_t>(got);
    length -= static_cast<uint64_t>(got);
  }
}

void EntryWriter::Whiteout(const std::string& directory, const std::string& name) {
  TarHeader header;
  header.name = directory + ".wh." + name;
  Metadata meta;
  meta.mode = 0600;
  tar_->Header(header, meta);
}

}  // namespace tsrun
