// One output of a container without a terminal, on its way from the container's pipe to the command
// that started it, which can make the container wait, and to the others, who cannot.
#ifndef TSRUN_MONITOR_OUTPUT_H_
#define TSRUN_MONITOR_OUTPUT_H_

#include "monitor/terminal.h"
#include "monitor/witnesses.h"
#include "sys/fd.h"

namespace tsrun {

class Output {
 public:
  // What becomes of the container's end when the receiver takes nothing any more.
  enum class Loss {
    kBreaksPipe,  // the next write inside fails, as if the container had the receiver itself
    kIsNothing,   // it writes on, for the others
  };

  // `to`: -1 for a container that nobody waits for. `from` stays the monitor's, and is closed at
  // its end.
  void Start(Stream stream, Fd* from, int to, Loss loss);
  // From now on nobody waits for it.
  void Forget();
  // Descriptors for poll(2): where bytes may come from, POLLIN, and who has to take some first,
  // POLLOUT. -1: none.
  int source() const { return from_ == nullptr || waits() ? -1 : from_->get(); }
  int receiver() const { return waits() ? to_ : -1; }
  bool waits() const { return full_ || !rest_.empty(); }
  // Passes on what can be passed on now. False: nothing more for now, or for ever.
  bool Pass(Witnesses& witnesses);

 private:
  enum class Kind { kNobody, kPipe, kFile, kOther };

  bool PassThroughPipe(Witnesses& witnesses);
  bool DrainRest();
  void ReceiverGone();

  Stream stream_ = Stream::kOutput;
  Fd* from_ = nullptr;
  int to_ = -1;
  Loss loss_ = Loss::kBreaksPipe;
  Kind kind_ = Kind::kNobody;
  // The receiver's pipe took nothing.
  bool full_ = false;
  Flow rest_;
};

}  // namespace tsrun

#endif  // TSRUN_MONITOR_OUTPUT_H_
