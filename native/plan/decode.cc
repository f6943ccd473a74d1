// Bytes to plan. Runs before the clone, so it may allocate.
#include <cstring>
#include <type_traits>
#include <utility>

#include "plan/plan.h"

namespace tsrun {
namespace {

class Reader {
 public:
  Reader(const uint8_t* data, size_t size) : data_(data), end_(data + size), begin_(data) {}

  template <class T>
  void operator()(T& value) {
    if constexpr (std::is_same_v<T, Str>) {
      ReadString(&value);
    } else if constexpr (std::is_same_v<T, Bytes>) {
      ReadBytes(&value);
    } else if constexpr (std::is_same_v<T, bool>) {
      uint8_t byte = 0;
      ReadRaw(&byte);
      if (byte > 1) Fail("a flag is neither 0 nor 1");
      value = byte == 1;
    } else if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> raw = 0;
      ReadRaw(&raw);
      if (raw > Highest(value)) Fail("a value is outside its enumeration");
      value = static_cast<T>(raw);
    } else if constexpr (std::is_integral_v<T>) {
      ReadRaw(&value);
    } else {
      value.Fields(*this);
    }
  }

  template <class T>
  void operator()(std::vector<T>& list) {
    uint32_t count = 0;
    ReadRaw(&count);
    // Every element takes at least one byte: a count beyond the rest is a lie and must not size an
    // allocation.
    if (count > static_cast<size_t>(end_ - data_)) return Fail("a list is longer than the plan");
    list.reserve(count);
    for (uint32_t i = 0; i < count && ok(); ++i) {
      T item{};
      (*this)(item);
      list.push_back(item);
    }
  }

  bool ok() const { return reason_ == nullptr; }
  bool at_end() const { return data_ == end_; }
  Str reason() const { return reason_; }
  uint32_t offset() const { return static_cast<uint32_t>(data_ - begin_); }
  void Fail(Str reason) {
    if (ok()) reason_ = reason;
  }

 private:
  static uint8_t Highest(Demand) { return 1; }
  static uint8_t Highest(Protocol) { return 1; }
  static uint8_t Highest(Reach) { return 1; }
  static uint8_t Highest(Inherited) { return 2; }
  static uint8_t Highest(Atime) { return 2; }
  static uint8_t Highest(PropagationKind) { return 3; }
  static uint8_t Highest(Lifetime) { return 2; }
  static uint8_t Highest(MacvlanMode) { return 3; }
  static uint8_t Highest(InputSource) { return 2; }
  static uint8_t Highest(OnUnhealthy) { return 2; }

  template <class T>
  void ReadRaw(T* value) {
    if (static_cast<size_t>(end_ - data_) < sizeof(T)) return Fail("the plan is cut short");
    memcpy(value, data_, sizeof(T));
    data_ += sizeof(T);
  }

  void ReadBytes(Bytes* bytes) {
    uint32_t size = 0;
    ReadRaw(&size);
    if (size > static_cast<size_t>(end_ - data_))
      return Fail("a byte range is longer than the plan");
    bytes->data = data_;
    bytes->size = size;
    data_ += size;
  }

  void ReadString(Str* text) {
    Bytes bytes;
    *text = "";
    ReadBytes(&bytes);
    if (!ok()) return;
    if (bytes.size == 0 || bytes.data[bytes.size - 1] != 0)
      return Fail("a string is not terminated");
    *text = reinterpret_cast<Str>(bytes.data);
    if (strlen(*text) != bytes.size - 1) Fail("a string has a NUL inside");
  }

  const uint8_t* data_;
  const uint8_t* end_;
  const uint8_t* begin_;
  Str reason_ = nullptr;
};

template <size_t... I>
bool MakeStep(uint16_t kind, Reader& reader, std::vector<Step>* steps, std::index_sequence<I...>) {
  return ((kind == I &&
           [&] {
             std::variant_alternative_t<I, Step> step{};
             reader(step);
             steps->push_back(Step(std::in_place_index<I>, std::move(step)));
             return true;
           }()) ||
          ...);
}

}  // namespace

bool DecodePlan(const uint8_t* data, size_t size, Plan* plan, DecodeFailure* failure) {
  Reader reader(data, size);
  uint32_t magic = 0, version = 0, count = 0;
  reader(magic), reader(version);
  if (reader.ok() && magic != kPlanMagic) reader.Fail("this is not a plan");
  if (reader.ok() && version != kPlanVersion) reader.Fail("the plan has another version");
  reader(plan->header), reader(count);
  failure->step = UINT32_MAX;
  if (reader.ok() && count > size) reader.Fail("there are more steps than bytes");
  if (reader.ok()) plan->steps.reserve(count);
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    failure->step = i;
    uint16_t kind = 0;
    reader(kind);
    if (reader.ok() && !MakeStep(kind, reader, &plan->steps,
                                 std::make_index_sequence<std::variant_size_v<Step>>())) {
      reader.Fail("a step has an unknown kind");
    }
  }
  if (reader.ok() && !reader.at_end()) reader.Fail("there are bytes after the last step");
  failure->offset = reader.offset();
  if (!reader.ok()) failure->reason = reader.reason();
  return reader.ok();
}

}  // namespace tsrun
