// A container that asks by TCP: a question, its answer, the next one.
#ifndef TSRUN_RESOLVE_CONNECTION_H_
#define TSRUN_RESOLVE_CONNECTION_H_

#include <cstdint>
#include <vector>

#include "resolve/names.h"
#include "sys/fd.h"

namespace tsrun {

// The largest question: a name, and what EDNS may have to say.
constexpr size_t kMaxQuestion = 4096;

class Connection {
 public:
  Connection(Fd socket, const Address& peer, uint32_t generation)
      : generation(generation), peer(peer), socket_(static_cast<Fd&&>(socket)) {}

  bool Begin(int epoll, uint64_t tag) { return Wait(epoll, tag, kAdd, kRead); }

  enum class Progress { kWaits, kAsks, kOver };
  // Something has come, or can go. kAsks: question() has to be answered.
  Progress Go(int epoll, uint64_t tag, uint64_t now);
  const uint8_t* question() const { return bytes_.data() + 2; }
  size_t question_size() const { return bytes_.size() - 2; }
  // False: it is over.
  bool Reply(int epoll, uint64_t tag, const uint8_t* bytes, size_t size);

  uint64_t deadline = 0;
  // Tells it from one that had the same place before.
  const uint32_t generation;
  const Address peer;

 private:
  enum How { kAdd, kChange };
  // kNothing: its question is being asked elsewhere.
  enum State { kRead, kNothing, kWrite };

  Progress Read(int epoll, uint64_t tag);
  // False: it is over.
  bool Write(int epoll, uint64_t tag);
  bool Wait(int epoll, uint64_t tag, How how, State state);

  Fd socket_;
  State state_ = kRead;
  // What has come of the question, or is to go of the answer, with its size in front.
  std::vector<uint8_t> bytes_;
  size_t sent_ = 0;
};

}  // namespace tsrun

#endif  // TSRUN_RESOLVE_CONNECTION_H_
