#include "resolve/message.h"

#include <cstring>

namespace tsrun {
namespace {

constexpr uint16_t kResponse = 0x8000, kOpcode = 0x7800, kTruncated = 0x0200, kRecursion = 0x0100,
                   kRecursionThere = 0x0080, kAuthentic = 0x0020, kUnchecked = 0x0010;
// Name, type, size, code with version and flags, size of the data.
constexpr size_t kOptSize = 11;
constexpr uint16_t kDnssecOk = 0x8000;
// That of the question, which stands behind the header: RFC 1035, 4.1.4.
constexpr uint16_t kSameName = 0xc000 | kHeader;

uint16_t Get16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }

void Set16(uint8_t* at, uint16_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

char Lower(uint8_t byte) {
  return static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

// Behind the name, or 0: it is cut short, too long, or points elsewhere.
size_t EndOfName(const uint8_t* bytes, size_t size, size_t at) {
  const size_t begin = at;
  while (at < size) {
    const size_t label = bytes[at];
    // The two upper bits: a pointer, or what nobody uses any more.
    if (label > kMaxLabel) return 0;
    at += 1 + label;
    if (at - begin > kMaxName) return 0;
    if (label == 0) return at;
  }
  return 0;
}

// Records behind the question. False: they are none, or end in the middle, or others follow.
bool ReadAdditional(const uint8_t* bytes, size_t size, size_t at, unsigned count,
                    Question* question, bool* bad_version) {
  for (; count > 0; --count) {
    const size_t fixed = EndOfName(bytes, size, at);
    if (fixed == 0 || size - fixed < 10) return false;
    const size_t data = Get16(bytes + fixed + 8);
    if (size - fixed - 10 < data) return false;
    if (Get16(bytes + fixed) == static_cast<uint16_t>(Type::kOpt)) {
      // One, and of nobody: RFC 6891, 6.1.
      if (question->has_edns || bytes[at] != 0) return false;
      question->has_edns = true;
      const size_t room = Get16(bytes + fixed + 2);
      question->udp_size = room < kPlainUdp ? kPlainUdp : room > kMaxUdp ? kMaxUdp : room;
      *bad_version = bytes[fixed + 5] != 0;
      question->dnssec_ok = (Get16(bytes + fixed + 6) & kDnssecOk) != 0;
    }
    at = fixed + 10 + data;
  }
  return at == size;
}

size_t PutOpt(uint8_t* at, size_t room, Rcode code, bool dnssec_ok) {
  memset(at, 0, kOptSize);
  Set16(at + 1, static_cast<uint16_t>(Type::kOpt));
  Set16(at + 3, static_cast<uint16_t>(room));
  at[5] = static_cast<uint8_t>(static_cast<uint16_t>(code) >> 4);
  if (dnssec_ok) Set16(at + 7, kDnssecOk);
  return kOptSize;
}

}  // namespace

WireName WireNameOf(const char* text, size_t size) {
  WireName name;
  if (size > 0 && text[size - 1] == '.') --size;
  for (size_t at = 0; at <= size;) {
    size_t end = at;
    while (end < size && text[end] != '.') ++end;
    if (end == at || end - at > kMaxLabel) return {};
    name.push_back(static_cast<char>(end - at));
    for (; at < end; ++at) name.push_back(Lower(static_cast<uint8_t>(text[at])));
    ++at;
  }
  name.push_back('\0');
  return name.size() > kMaxName ? WireName() : name;
}

Asked ReadQuestion(const uint8_t* bytes, size_t size, Question* question) {
  *question = Question();
  if (size < kHeader) return Asked::kDrop;
  const uint16_t flags = Get16(bytes + 2);
  // An answer to an answer would go on for ever.
  if ((flags & kResponse) != 0) return Asked::kDrop;
  question->id = Get16(bytes);
  question->flags = flags & (kOpcode | kRecursion | kAuthentic | kUnchecked);
  if ((flags & kOpcode) != 0) return Asked::kNotImplemented;
  if (Get16(bytes + 4) != 1 || Get16(bytes + 6) != 0 || Get16(bytes + 8) != 0)
    return Asked::kFormatError;
  const size_t end = EndOfName(bytes, size, kHeader);
  if (end == 0 || size - end < 4) return Asked::kFormatError;
  question->section_size = end + 4 - kHeader;
  memcpy(question->section, bytes + kHeader, question->section_size);
  question->name.reserve(end - kHeader);
  // A length is at most 63, below every letter.
  for (size_t i = kHeader; i < end; ++i) question->name.push_back(Lower(bytes[i]));
  question->type = Get16(bytes + end);
  question->class_ = Get16(bytes + end + 2);
  bool bad_version = false;
  if (!ReadAdditional(bytes, size, end + 4, Get16(bytes + 10), question, &bad_version))
    return Asked::kFormatError;
  return bad_version ? Asked::kBadVersion : Asked::kQuestion;
}

void Answer::Put16(size_t at, uint16_t value) { Set16(bytes_ + at, value); }

void Answer::Begin(const Question& question) {
  memset(bytes_, 0, kHeader);
  Put16(0, question.id);
  flags_ = kResponse | kRecursionThere | (question.flags & (kOpcode | kRecursion | kUnchecked));
  Put16(4, question.section_size > 0 ? 1 : 0);
  memcpy(bytes_ + kHeader, question.section, question.section_size);
  size_ = kHeader + question.section_size;
  has_edns_ = question.has_edns;
  dnssec_ok_ = question.dnssec_ok;
}

bool Answer::Add(Type type, const void* data, size_t size) {
  const size_t end = has_edns_ ? kOptSize : 0;
  if (size_ + 12 + size + end > limit_) {
    truncated_ = true;
    return false;
  }
  Put16(size_, kSameName);
  Put16(size_ + 2, static_cast<uint16_t>(type));
  Put16(size_ + 4, 1);
  // It may be another's in a moment: nobody is to keep it.
  memset(bytes_ + size_ + 6, 0, 4);
  Put16(size_ + 10, static_cast<uint16_t>(size));
  memcpy(bytes_ + size_ + 12, data, size);
  size_ += 12 + size;
  ++records_;
  return true;
}

size_t Answer::End(Rcode code) {
  if (has_edns_) {
    size_ += PutOpt(bytes_ + size_, kMaxUdp, code, dnssec_ok_);
    Put16(10, 1);
  }
  Put16(6, records_);
  Put16(2, static_cast<uint16_t>(flags_ | (truncated_ ? kTruncated : 0) |
                                 (static_cast<uint16_t>(code) & 0xf)));
  return size_;
}

size_t WriteForwarded(const Question& question, uint16_t id, uint8_t* bytes) {
  memset(bytes, 0, kHeader);
  Set16(bytes, id);
  Set16(bytes + 2, question.flags & (kRecursion | kAuthentic | kUnchecked));
  Set16(bytes + 4, 1);
  memcpy(bytes + kHeader, question.section, question.section_size);
  size_t size = kHeader + question.section_size;
  if (!question.has_edns) return size;
  Set16(bytes + 10, 1);
  size += PutOpt(bytes + size, question.udp_size, Rcode::kNoError, question.dnssec_ok);
  return size;
}

bool IsAnswer(const Question& question, uint16_t id, const uint8_t* bytes, size_t size) {
  if (size < kHeader || Get16(bytes) != id) return false;
  if ((Get16(bytes + 2) & (kResponse | kOpcode)) != kResponse || Get16(bytes + 4) != 1)
    return false;
  if (size - kHeader < question.section_size) return false;
  const size_t name = question.section_size - 4;
  // Lengths are the same in both cases, and so are the ends.
  for (size_t i = 0; i < name; ++i)
    if (Lower(bytes[kHeader + i]) != question.name[i]) return false;
  return memcmp(bytes + kHeader + name, question.section + name, 4) == 0;
}

size_t PassOn(const Question& question, size_t limit, uint8_t* bytes, size_t size) {
  Set16(bytes, question.id);
  if (size <= limit) return size;
  Set16(bytes + 2, Get16(bytes + 2) | kTruncated);
  memset(bytes + 6, 0, 6);
  return kHeader + question.section_size;
}

}  // namespace tsrun
