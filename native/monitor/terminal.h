// The relay between the caller's terminal and the container's console.
#ifndef TSRUN_MONITOR_TERMINAL_H_
#define TSRUN_MONITOR_TERMINAL_H_

#include <termios.h>

#include <cstddef>

#include "monitor/detach_keys.h"

namespace tsrun {

// Puts the caller's terminal into raw mode and back. Standard input may be something else: then
// nothing is done.
class RawTerminal {
 public:
  // In the background the kernel stops the whole job here, as it does everybody who changes the
  // terminal's modes: it goes on when the job is in the foreground. Called again after the terminal
  // was the shell's.
  void Enter();
  void Leave();

 private:
  bool entered_ = false;
  struct termios saved_ = {};
};

// PIPE_BUF: what a writable pipe takes at once.
constexpr size_t kAtOnce = 4096;

// Bytes on their way in one direction. At most one buffer of them: the source waits for the rest.
class Flow {
 public:
  bool empty() const { return begin_ == end_; }
  const char* data() const { return bytes_ + begin_; }
  size_t size() const { return end_ - begin_; }
  void Discard() { begin_ = end_ = 0; }
  // Reads what is there; only when empty. False: the source has ended, or errno says why not.
  bool Fill(int from);
  // Fill with bytes that are here already; only when empty. What does not fit is left out.
  void Put(const char* bytes, size_t size);
  // Takes the detach keys out of what was filled in. True: all of them came.
  bool TakeKeys(DetachKeys& keys);
  // Writes what `to`, found writable by poll(2), takes now, `most` at a time. False: it takes
  // nothing any more.
  bool Drain(int to, size_t most = kAtOnce);

 private:
  size_t begin_ = 0;
  size_t end_ = 0;
  // Room for held back detach keys beyond what one read fills.
  char bytes_[16384 + kMaxDetachKeys];
};

// What Drain needs: the signal that ends a write which would sleep.
void PrepareBriefWrites();

// Copies the caller's window size to the console.
void CopyWindowSize(int master);

}  // namespace tsrun

#endif  // TSRUN_MONITOR_TERMINAL_H_
