// A question that servers of the host are asked, until one has answered.
#ifndef TSRUN_RESOLVE_INQUIRY_H_
#define TSRUN_RESOLVE_INQUIRY_H_

#include <cstdint>
#include <vector>

#include "resolve/decide.h"
#include "resolve/message.h"
#include "resolve/socket_address.h"
#include "sys/fd.h"

namespace tsrun {

// Who waits for the answer.
struct Asker {
  Transport transport = Transport::kUdp;
  SocketAddress address;
  // By UDP: which of the sockets it came by.
  int socket = -1;
  // By TCP: its connection, as long as that is the same one.
  uint32_t connection = 0;
  uint32_t generation = 0;
};

class Inquiry {
 public:
  Inquiry(const Question& question, const Asker& asker, const Address& client,
          const std::vector<Address>& servers);

  // Asks the next server, or the only one again. `tag` is what epoll tells of it. False: all of
  // them were asked often enough.
  bool Next(int epoll, uint64_t tag, uint64_t now);

  enum class Progress { kWaits, kAnswered, kFailed };
  // Something has come, or can go. An answer is left in `bytes`, which has room for kMaxTcp.
  Progress Go(int epoll, uint64_t tag, uint8_t* bytes, size_t* size);

  bool is_last() const { return attempts_ >= max_attempts_; }
  // In nanoseconds, when it is time for the next one.
  uint64_t deadline() const { return deadline_; }
  const Question& question() const { return question_; }
  const Asker& asker() const { return asker_; }
  const Address& client() const { return client_; }

 private:
  bool Connect(int epoll, uint64_t tag, const Address& server);
  bool Send(int epoll, uint64_t tag);
  Progress Receive(uint8_t* bytes, size_t* size);
  Progress ReceiveStream(uint8_t* bytes, size_t* size);

  const Question question_;
  const Asker asker_;
  const Address client_;
  const std::vector<Address> servers_;
  const size_t max_attempts_;
  size_t attempts_ = 0;
  uint16_t id_ = 0;
  Fd socket_;
  // By TCP: the question has gone; what came so far, with its size in front.
  bool is_sent_ = false;
  std::vector<uint8_t> received_;
  uint64_t deadline_ = 0;
};

uint32_t RandomNumber();

}  // namespace tsrun

#endif  // TSRUN_RESOLVE_INQUIRY_H_
