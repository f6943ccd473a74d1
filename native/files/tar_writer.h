// A tar archive as POSIX pax has it (pax(1), "pax interchange format"), written to a descriptor.
//
// What ustar cannot hold goes into an extended header: long names, ids above 2^21, sizes above
// 8 GiB, fractions of a second, extended attributes (SCHILY.xattr, as star, GNU tar and Go read
// them), holes (GNU.sparse 1.0).
#ifndef TSRUN_FILES_TAR_WRITER_H_
#define TSRUN_FILES_TAR_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workbench/operation_reader.h"

namespace tsrun {

// Where the data of a sparse file lie: offset and length.
using Extents = std::vector<std::pair<uint64_t, uint64_t>>;

struct TarHeader {
  std::string name;  // any bytes; of a directory with a slash at its end
  char type = '0';
  std::string target;
  uint64_t size = 0;  // of a regular file, with its holes
  uint32_t major = 0;
  uint32_t minor = 0;
};

class TarWriter {
 public:
  explicit TarWriter(int fd) : fd_(fd) { buffer_.reserve(kBuffer); }

  void Header(const TarHeader& header, const Metadata& meta);
  // The header of a file with holes; the data of the extents follow.
  void SparseHeader(const TarHeader& header, const Metadata& meta, const Extents& extents);
  void Data(std::string_view bytes);
  // Fills the last block of an entry.
  void Pad();
  // The two zero blocks that end an archive.
  void End();
  // The first errno of write(2), or 0: everything after it is left out.
  int error() const { return error_; }

 private:
  static constexpr size_t kBuffer = 256 << 10;
  void Block(const TarHeader& header, const Metadata& meta, uint64_t stored);
  void Extended(const std::string& records, const TarHeader& header);
  void Flush();
  void Write(std::string_view bytes);

  int fd_;
  int error_ = 0;
  uint64_t in_entry_ = 0;
  std::string buffer_;
};

}  // namespace tsrun

#endif  // TSRUN_FILES_TAR_WRITER_H_
