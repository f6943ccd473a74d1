#include "oci/read_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "sys/fd.h"

namespace tsrun::oci {

int ReadFile(int directory, const char* name, size_t most, std::string* text) {
  Fd file(openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file.valid()) return errno;
  text->clear();
  char part[16384];
  for (;;) {
    const ssize_t got = read(file.get(), part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return 0;
    if (text->size() + static_cast<size_t>(got) > most) return EFBIG;
    text->append(part, static_cast<size_t>(got));
  }
}

}  // namespace tsrun::oci
