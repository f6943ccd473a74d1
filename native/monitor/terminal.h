// The relay between the caller's terminal and the container's console.
#ifndef TSRUN_MONITOR_TERMINAL_H_
#define TSRUN_MONITOR_TERMINAL_H_

#include <termios.h>

namespace tsrun {

// Puts the caller's terminal into raw mode and back. Standard input may be something else: then
// nothing is done.
class RawTerminal {
 public:
  void Enter();
  void Leave();

 private:
  bool entered_ = false;
  struct termios saved_ = {};
};

// Copies the caller's window size to the console.
void CopyWindowSize(int master);

// Moves what is there, at most one buffer. False: the source has ended.
bool Relay(int from, int to);

}  // namespace tsrun

#endif  // TSRUN_MONITOR_TERMINAL_H_
