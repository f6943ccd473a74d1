// Messages of the DNS, RFC 1035 and 6891: what a container asks is read, what it hears is written.
// Nothing here makes a system call; test/contract feeds it what nobody should send.
#ifndef TSRUN_RESOLVE_MESSAGE_H_
#define TSRUN_RESOLVE_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace tsrun {

constexpr size_t kMaxName = 255;
constexpr size_t kMaxLabel = 63;
constexpr size_t kHeader = 12;
// What fits into a packet on every wire (dnsflagday.net/2020); larger answers are for TCP.
constexpr size_t kMaxUdp = 1232;
constexpr size_t kPlainUdp = 512;
constexpr size_t kMaxTcp = 65535;

enum class Type : uint16_t {
  kA = 1,
  kPtr = 12,
  kAaaa = 28,
  kOpt = 41,
  kIxfr = 251,
  kAxfr = 252,
  kAny = 255
};
enum class Rcode : uint16_t {
  kNoError = 0,
  kFormat = 1,
  kServer = 2,
  kNoName = 3,
  kNotImplemented = 4,
  kRefused = 5,
  kBadVersion = 16
};

// A name is kept as it travels: labels with their lengths, the root's at the end; in lower case
// where it is compared.
using WireName = std::string;

// `text` with or without a final dot. Empty: it is no name that fits into a message.
WireName WireNameOf(const char* text, size_t size);

struct Question {
  uint16_t id = 0;
  // Opcode, RD, AD and CD of the header, in their places.
  uint16_t flags = 0;
  // As it was asked, to be said again: many who ask compare.
  uint8_t section[kMaxName + 4];
  size_t section_size = 0;
  // The same in lower case.
  WireName name;
  uint16_t type = 0;
  uint16_t class_ = 0;
  bool has_edns = false;
  bool dnssec_ok = false;
  // What who asks can take by UDP.
  size_t udp_size = kPlainUdp;
};

// kDrop: nobody waits for an answer to this. The rest is answered with a code, kQuestion is asked.
enum class Asked { kDrop, kQuestion, kFormatError, kNotImplemented, kBadVersion };

// One question and at most an OPT record behind it; no compression, nothing left over.
Asked ReadQuestion(const uint8_t* bytes, size_t size, Question* question);

// Writes an answer into memory of the caller's. What does not fit is left out, and said to be.
class Answer {
 public:
  Answer(uint8_t* bytes, size_t limit) : bytes_(bytes), limit_(limit) {}
  void Begin(const Question& question);
  // A record that answers the question's name. False: it does not fit.
  bool Add(Type type, const void* data, size_t size);
  // The size of the whole.
  size_t End(Rcode code);

 private:
  void Put16(size_t at, uint16_t value);

  uint8_t* bytes_;
  size_t limit_;
  size_t size_ = 0;
  uint16_t records_ = 0;
  uint16_t flags_ = 0;
  bool has_edns_ = false, dnssec_ok_ = false, truncated_ = false;
};

// The question anew for a server: another id, and nothing of who asks but what it asks. The size.
constexpr size_t kMaxForwarded = kHeader + kMaxName + 4 + 11;
size_t WriteForwarded(const Question& question, uint16_t id, uint8_t* bytes);

// Whether a server's message is an answer to that.
bool IsAnswer(const Question& question, uint16_t id, const uint8_t* bytes, size_t size);
inline Rcode RcodeOf(const uint8_t* bytes) { return static_cast<Rcode>(bytes[3] & 0xf); }
// The id that who asks waits for; cut off where it can take no more. The size.
size_t PassOn(const Question& question, size_t limit, uint8_t* bytes, size_t size);

}  // namespace tsrun

#endif  // TSRUN_RESOLVE_MESSAGE_H_
