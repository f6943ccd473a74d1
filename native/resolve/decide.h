// What is said to a question: from the names of the networks, or that somebody else is asked.
#ifndef TSRUN_RESOLVE_DECIDE_H_
#define TSRUN_RESOLVE_DECIDE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "resolve/message.h"
#include "resolve/names.h"

namespace tsrun {

struct Decision {
  enum { kDrop, kReply, kForward } what = kDrop;
  // Of the reply.
  size_t size = 0;
  // To be asked, in this order.
  const std::vector<Address>* servers = nullptr;
};

enum class Transport { kUdp, kTcp };

// How much of an answer who asks can take.
inline size_t LimitOf(Transport transport, const Question& question) {
  return transport == Transport::kTcp ? kMaxTcp : question.udp_size;
}

// `reply` has room for kMaxTcp bytes. `turn` says which of several addresses comes first.
Decision Decide(const Names& names, const Client& client, const uint8_t* query, size_t size,
                Transport transport, uint32_t turn, Question* question, uint8_t* reply);

// An answer that is a code alone.
size_t Refuse(const Question& question, Rcode code, uint8_t* reply);

}  // namespace tsrun

#endif  // TSRUN_RESOLVE_DECIDE_H_
