// The socket `attach` in a container's directory: who connects sees what the container prints from
// then on, and may type.
//
// Packets as in sys/message.h. Nobody who is attached makes the container wait: what a client's
// socket does not take is counted, and the count sent when it takes more.
#ifndef TSRUN_MONITOR_ATTACH_H_
#define TSRUN_MONITOR_ATTACH_H_

#include <poll.h>

#include <cstddef>
#include <cstdint>

#include "monitor/log.h"
#include "sys/fd.h"
#include "sys/message.h"

namespace tsrun {

// What a client may type at once.
constexpr size_t kMaxInput = 8192;

// Takes what attached clients say. Input is asked for only while nothing of it is on its way.
class AttachListener {
 public:
  virtual void OnInput(int client, const char* bytes, size_t size) = 0;
  virtual void OnInputEnd() = 0;
  virtual void OnResize(uint16_t rows, uint16_t columns) = 0;

 protected:
  ~AttachListener() = default;
};

// A listening socket in a container's directory. Not valid: it cannot be made.
Fd ListenForAttach(int directory);

class AttachServer {
 public:
  static constexpr int kMostClients = 16;
  static constexpr int kPolled = kMostClients + 1;

  // The socket stays its caller's.
  void Open(int listening) { listening_ = listening; }
  bool alone() const { return count_ == 0; }
  void Broadcast(Stream stream, const char* bytes, size_t size);
  void SendEnd(int wait_status);
  // What the client typed last has been taken.
  void Acknowledge(int client);
  // Fills kPolled entries.
  void Watch(struct pollfd* fds, bool wants_input) const;
  void Serve(const struct pollfd* fds, AttachListener& listener);

 private:
  struct Client {
    Fd socket;
    uint64_t missed = 0;
    // Something it typed is on its way.
    bool waits = false;
  };

  void Accept();
  void Leave(Client& client);
  void Hear(int index, AttachListener& listener);
  static bool Say(Client& client, const Message& head, const char* bytes, size_t size);
  static void TellMissed(Client& client);

  int listening_ = -1;
  Client clients_[kMostClients];
  int count_ = 0;
};

}  // namespace tsrun

#endif  // TSRUN_MONITOR_ATTACH_H_
