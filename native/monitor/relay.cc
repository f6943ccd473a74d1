#include "monitor/relay.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

namespace tsrun {
namespace {

bool HasBytes(int fd) {
  struct pollfd ready = {fd, POLLIN, 0};
  return poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN) != 0;
}

}  // namespace

Relay::Relay(Monitor& monitor, Witnesses& witnesses) : m_(monitor), witnesses_(witnesses) {
  keys_.Set(monitor.plan.header.detach_keys);
}

void Relay::Start(int master) {
  m_.master = Fd(master);
  fcntl(master, F_SETFL, O_NONBLOCK);
  CopyWindowSize(master);
  PrepareBriefWrites();
  input_is_terminal_ = isatty(STDIN_FILENO) != 0;
  EnterTerminal();
}

void Relay::EnterTerminal() {
  if (!m_.master.valid()) return;
  terminal_.Enter();
  in_background_ = false;
}

void Relay::ForgetTerminal() {
  input_open_ = false;
  output_.Discard();
}

void Relay::CloseConsole() {
  m_.master.Close();
  output_.Discard();
  DropInput();
}

short Relay::ConsoleEvents() const {
  return static_cast<short>((output_.empty() ? POLLIN : 0) | (input_.empty() ? 0 : POLLOUT));
}

// A terminal is watched while its last input still waits to be taken: it may hang up.
bool Relay::WantsTyping() const {
  return m_.master.valid() && input_open_ && !in_background_ &&
         (input_.empty() || input_is_terminal_);
}

void Relay::OnConsole(short events) {
  if (output_.empty() && (events & (POLLIN | POLLHUP | POLLERR)) != 0 && !FillFromConsole()) {
    CloseConsole();
    return;
  }
  // Nobody inside has it open any more: what was typed stays unread.
  if ((events & POLLHUP) != 0 && !input_.empty()) DropInput();
  if (!input_.empty() && (events & POLLOUT) != 0) FillContainer(m_.master.get());
}

bool Relay::FillFromConsole() {
  const bool open = output_.Fill(m_.master.get());
  witnesses_.Take(Stream::kOutput, output_.data(), output_.size());
  if (m_.launcher_gone) output_.Discard();
  return open;
}

Relay::Person Relay::OnTerminal(short events) {
  if (input_.empty()) {
    if (input_.Fill(STDIN_FILENO)) {
      return input_.TakeKeys(keys_) ? Person::kLetsGo : Person::kStays;
    }
    // SIGTTIN is blocked. SIGCONT tells when to try again.
    in_background_ = errno == EIO && isatty(STDIN_FILENO) != 0;
    if (in_background_) return Person::kStays;
  } else if ((events & (POLLHUP | POLLERR)) == 0) {
    return Person::kStays;
  }
  input_open_ = false;
  // A terminal that is gone is none any more.
  return input_is_terminal_ && isatty(STDIN_FILENO) == 0 ? Person::kIsGone : Person::kStays;
}

Relay::Person Relay::PassOutput() {
  return output_.Drain(STDOUT_FILENO) ? Person::kStays : Person::kIsGone;
}

bool Relay::DrainsConsole() {
  if (!output_.empty()) return true;
  return m_.master.valid() && HasBytes(m_.master.get()) && FillFromConsole() && !output_.empty();
}

// Into the console, or the container's standard input. What nobody will read is dropped.
void Relay::FillContainer(int to) {
  if (input_.Drain(to)) {
    if (input_.empty()) InputTaken();
    return;
  }
  DropInput();
  if (to == m_.input.get()) m_.input.Close();
}

void Relay::DropInput() {
  input_.Discard();
  InputTaken();
}

void Relay::InputTaken() {
  const int typist = typist_;
  typist_ = kLauncherTyped;
  witnesses_.attached.Acknowledge(typist);
  if (input_ends_) m_.input.Close();
}

void Relay::OnInput(int client, const char* bytes, size_t size) {
  typist_ = client;
  // Not asked for, docker run without -i: it goes nowhere.
  const bool wanted =
      m_.plan.header.input != InputSource::kLauncher && (m_.master.valid() || m_.input.valid());
  if (wanted) input_.Put(bytes, size);
  if (input_.empty()) InputTaken();
}

void Relay::OnInputEnd() {
  if (m_.plan.header.input != InputSource::kOnce) return;
  if (input_.empty()) m_.input.Close();
  input_ends_ = true;
}

void Relay::OnResize(uint16_t rows, uint16_t columns) {
  const struct winsize size = {rows, columns, 0, 0};
  if (m_.master.valid()) ioctl(m_.master.get(), TIOCSWINSZ, &size);
}

}  // namespace tsrun
