// Plan to bytes, from the same field lists as the decoder. Only the contract test needs it.
#include <cstring>
#include <type_traits>

#include "plan/plan.h"

namespace tsrun {
namespace {

class Writer {
 public:
  template <class T>
  void operator()(T& value) {
    if constexpr (std::is_same_v<T, Str>) {
      WriteBytes(
          {reinterpret_cast<const uint8_t*>(value), static_cast<uint32_t>(strlen(value) + 1)});
    } else if constexpr (std::is_same_v<T, Bytes>) {
      WriteBytes(value);
    } else if constexpr (std::is_same_v<T, bool>) {
      bytes_.push_back(value ? 1 : 0);
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      WriteRaw(&value, sizeof value);
    } else {
      value.Fields(*this);
    }
  }

  template <class T>
  void operator()(std::vector<T>& list) {
    uint32_t count = static_cast<uint32_t>(list.size());
    WriteRaw(&count, sizeof count);
    for (T& item : list) (*this)(item);
  }

  std::vector<uint8_t> Take() { return std::move(bytes_); }

 private:
  void WriteRaw(const void* data, size_t size) {
    const size_t at = bytes_.size();
    bytes_.resize(at + size);
    if (size > 0) memcpy(bytes_.data() + at, data, size);
  }
  void WriteBytes(Bytes bytes) {
    WriteRaw(&bytes.size, sizeof bytes.size);
    WriteRaw(bytes.data, bytes.size);
  }
  std::vector<uint8_t> bytes_;
};

}  // namespace

std::vector<uint8_t> EncodePlan(Plan& plan) {
  Writer writer;
  uint32_t magic = kPlanMagic, version = kPlanVersion,
           count = static_cast<uint32_t>(plan.steps.size());
  writer(magic), writer(version), writer(plan.header), writer(count);
  for (Step& step : plan.steps) {
    uint16_t kind = static_cast<uint16_t>(step.index());
    writer(kind);
    std::visit([&writer](auto& fields) { writer(fields); }, step);
  }
  return writer.Take();
}

}  // namespace tsrun
