// What is typed on its way to the container, and what a console prints on its way to the launcher's
// terminal. The loop says when.
#ifndef TSRUN_MONITOR_RELAY_H_
#define TSRUN_MONITOR_RELAY_H_

#include <cstddef>
#include <cstdint>

#include "monitor/attach.h"
#include "monitor/detach_keys.h"
#include "monitor/monitor.h"
#include "monitor/terminal.h"
#include "monitor/witnesses.h"

namespace tsrun {

class Relay final : public AttachListener {
 public:
  // The person at the launcher's terminal: still there, has typed the detach keys, or has closed
  // the window.
  enum class Person { kStays, kLetsGo, kIsGone };

  Relay(Monitor& monitor, Witnesses& witnesses);

  // From now on the console passes here.
  void Start(int master);
  // The launcher's terminal is the console's, or the shell's again.
  void EnterTerminal();
  void LeaveTerminal() { terminal_.Leave(); }
  // The launcher's streams are somebody else's, or nobody's.
  void ForgetTerminal();
  // The console hangs up: its session gets SIGHUP as after a closed window.
  void CloseConsole();

  // For poll(2). A side is asked only for what can be done with it: one that has hung up reports
  // that each time.
  bool has_input() const { return !input_.empty(); }
  bool has_output() const { return !output_.empty(); }
  short ConsoleEvents() const;
  bool WantsTyping() const;

  void OnConsole(short events);
  Person OnTerminal(short events);
  // What the console printed goes to the launcher's terminal, and what was typed into the
  // container's standard input.
  Person PassOutput();
  void PassInput() { FillContainer(m_.input.get()); }
  // At the end: whether the console has something more.
  bool DrainsConsole();

  void OnInput(int client, const char* bytes, size_t size) override;
  void OnInputEnd() override;
  void OnResize(uint16_t rows, uint16_t columns) override;

 private:
  // Who typed what is on its way: an attached client by its number, or
  static constexpr int kLauncherTyped = -1;

  bool FillFromConsole();
  void FillContainer(int to);
  void DropInput();
  void InputTaken();

  Monitor& m_;
  Witnesses& witnesses_;
  RawTerminal terminal_;
  DetachKeys keys_;
  Flow input_;
  Flow output_;
  int typist_ = kLauncherTyped;
  // Nobody is to type after what is on its way.
  bool input_ends_ = false;
  bool input_open_ = true;
  bool input_is_terminal_ = false;
  // The terminal is the shell's: nothing is read until the job is in the foreground again.
  bool in_background_ = false;
};

}  // namespace tsrun

#endif  // TSRUN_MONITOR_RELAY_H_
