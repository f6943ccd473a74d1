// Whole small files.
#ifndef TSRUN_OCI_READ_FILE_H_
#define TSRUN_OCI_READ_FILE_H_

#include <string>

namespace tsrun::oci {

// Returns 0 or errno; EFBIG for a file of more than `most` bytes.
int ReadFile(int directory, const char* name, size_t most, std::string* text);

}  // namespace tsrun::oci

#endif  // TSRUN_OCI_READ_FILE_H_
