// The shared memory in which Node puts what files hold; read where it lies.
#ifndef TSRUN_WORKBENCH_LAYER_BYTES_H_
#define TSRUN_WORKBENCH_LAYER_BYTES_H_

#include <cstdint>
#include <string_view>

namespace tsrun {

class LayerBytes {
 public:
  // Maps the whole of `fd`, which cannot become shorter. 0 or an errno.
  int Map(int fd);
  // False when that is not within the memory.
  bool Get(uint32_t from, uint32_t length, std::string_view* piece) const;

 private:
  std::string_view all_;
};

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_LAYER_BYTES_H_
