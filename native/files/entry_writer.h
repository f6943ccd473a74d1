// One file of a tree as an entry of an archive.
#ifndef TSRUN_FILES_ENTRY_WRITER_H_
#define TSRUN_FILES_ENTRY_WRITER_H_

#include <sys/stat.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "files/handle.h"
#include "files/tar_writer.h"

namespace tsrun {

class EntryWriter {
 public:
  EntryWriter(const Handles* handles, TarWriter* tar)
      : handles_(handles), tar_(tar), data_(new char[kPiece]) {}

  // `name`: without a slash at its end. 0 or an errno. A socket has no place in an archive and is
  // left out.
  int Write(int handle, const struct stat& st, const std::string& name);
  // The mark that `name` in `directory` was deleted, image-spec layer.md; the directory ends with a
  // slash or is empty.
  void Whiteout(const std::string& directory, const std::string& name);

  uint64_t left_out() const { return left_out_; }

 private:
  static constexpr size_t kPiece = 256 << 10;
  int File(int handle, const struct stat& st, const TarHeader& header, Metadata* meta);
  void Copy(int fd, uint64_t offset, uint64_t length);

  const Handles* handles_;
  TarWriter* tar_;
  std::unique_ptr<char[]> data_;
  // The first name of each file that has several.
  std::map<std::pair<dev_t, ino_t>, std::string> names_;
  uint64_t left_out_ = 0;
};

}  // namespace tsrun

#endif  // TSRUN_FILES_ENTRY_WRITER_H_
