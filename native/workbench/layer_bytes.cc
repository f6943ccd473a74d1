#include "workbench/layer_bytes.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>

namespace tsrun {

int LayerBytes::Map(int fd) {
  struct stat st;
  if (fstat(fd, &st) != 0) return errno;
  // Reading what was cut off would end us with SIGBUS.
  const int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) return EINVAL;
  const auto size = static_cast<size_t>(st.st_size);
  void* start = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (start == MAP_FAILED) return errno;
  all_ = std::string_view(static_cast<const char*>(start), size);
  return 0;
}

bool LayerBytes::Get(uint32_t from, uint32_t length, std::string_view* piece) const {
  if (from > all_.size() || length > all_.size() - from) return false;
  *piece = all_.substr(from, length);
  return true;
}

}  // namespace tsrun
