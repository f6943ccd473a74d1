// The regular file that is being written.
#ifndef TSRUN_WORKBENCH_FILE_WRITER_H_
#define TSRUN_WORKBENCH_FILE_WRITER_H_

#include <cstdint>
#include <string_view>

#include "sys/fd.h"
#include "workbench/metadata.h"
#include "workbench/tree.h"

namespace tsrun {

class FileWriter {
 public:
  // Makes the file, in place of whatever was there. 0 or an errno.
  int Start(Tree* tree, const Place& place, const Metadata& meta, uint64_t size);
  // The same with a file that was made for it. `created_mode`: what it was made with; -1: nothing
  // that SetMetadata may count on.
  void Begin(Fd file, const Metadata& meta, int created_mode, uint64_t size);
  bool is_open() const { return file_.valid(); }
  // Pieces come in rising order; what lies between is a hole. EPROTO when they do not, or go beyond
  // the size.
  int Write(std::string_view piece, uint64_t offset);
  // Gives the file its size and metadata and closes it; what fails leaves it open. Nothing when
  // there is none.
  MetadataResult Finish(Skipped* skipped);

 private:
  Fd file_;
  Metadata meta_;
  uint64_t size_ = 0;
  uint64_t end_ = 0;
  int created_mode_ = 0;
};

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_FILE_WRITER_H_
