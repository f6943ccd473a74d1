// The monitor while the container lives: one poll over signals, launcher, init and terminal.
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "monitor/monitor.h"
#include "monitor/terminal.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

class Loop {
 public:
  explicit Loop(Monitor& monitor) : m_(monitor) {
    for (const Step& step : monitor.plan.steps) {
      if (std::holds_alternative<WaitStart>(step)) waits_for_start_ = true;
    }
  }

  int Run() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGWINCH);
    signals_ = Fd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    while (!m_.reaped && !m_.handed_over) Turn();
    if (m_.handed_over) return 0;
    DrainConsole();
    terminal_.Leave();
    Send({MessageType::kExited, 0, 0, Op::kNone, static_cast<uint64_t>(m_.wait_status), 0}, -1);
    return 0;
  }

 private:
  // A negative descriptor is passed over by poll(2).
  void Turn() {
    struct pollfd fds[] = {
        {signals_.get(), POLLIN, 0},
        {launcher_gone_ ? -1 : m_.channel.get(), POLLIN, 0},
        {m_.init.get(), POLLIN, 0},
        {m_.master.get(), POLLIN, 0},
        {m_.master.valid() && input_open_ ? STDIN_FILENO : -1, POLLIN, 0},
    };
    if (poll(fds, 5, -1) < 0) return;
    // Init before signals: what it said before it died comes first.
    if (fds[2].revents != 0) FromInit();
    if (m_.handed_over) return;
    if (fds[1].revents != 0) FromLauncher();
    if (fds[3].revents != 0 && !Relay(m_.master.get(), STDOUT_FILENO)) m_.master.Close();
    if (fds[4].revents != 0 && m_.master.valid()) FromTerminal(fds[4].revents);
    if (fds[0].revents != 0) OnSignal();
  }

  void FromTerminal(short events) {
    if (Relay(STDIN_FILENO, m_.master.get())) return;
    input_open_ = false;
    // The terminal is gone: the console hangs up, and its session gets SIGHUP as after a closed
    // window.
    if ((events & (POLLHUP | POLLERR)) != 0 && isatty(STDIN_FILENO) == 0) m_.master.Close();
  }

  void FromInit() {
    struct {
      Message head;
      char rest[64];
    } packet;
    int fd = -1;
    const int size = ReceivePacket(m_.init.get(), &packet, sizeof packet, &fd);
    Fd received(fd);
    if (size < static_cast<int>(sizeof(Message))) {
      m_.init.Close();
      OnInitClosed();
      return;
    }
    switch (packet.head.type) {
      case MessageType::kStepFailed:
        m_.failed = true;
        break;
      case MessageType::kHandedOver:
        m_.handed_over = true;
        [[fallthrough]];
      case MessageType::kRuntimeHooks:
      case MessageType::kCreated:
        // Init knows its own number inside only.
        packet.head.a = static_cast<uint64_t>(m_.child);
        break;
      default:
        break;
    }
    if (packet.head.type == MessageType::kConsole && m_.plan.header.relay_terminal) {
      StartRelay(received.Release());
      return;
    }
    Send(packet.head, received.get());
  }

  // Close-on-exec has closed init's end: it runs the command now. Init that failed said so before,
  // and one that waits for its start hands over before it closes anything.
  void OnInitClosed() {
    if (!m_.failed && !waits_for_start_) Started();
  }

  void Started() {
    if (started_) return;
    started_ = true;
    for (int signal = 1; signal < 64; ++signal) {
      if ((m_.waiting_signals >> signal & 1) != 0) sys::PidfdSendSignal(m_.pidfd.get(), signal);
    }
    Send({MessageType::kStarted, 0, 0, Op::kNone, static_cast<uint64_t>(m_.child), 0}, -1);
    if (m_.plan.header.lifetime == Lifetime::kHandover) m_.handed_over = true;
  }

  void StartRelay(int master) {
    m_.master = Fd(master);
    fcntl(master, F_SETFL, O_NONBLOCK);
    CopyWindowSize(master);
    terminal_.Enter();
  }

  void FromLauncher() {
    // An answer is a message and up to 12 KiB; static, the stack stays small.
    static struct {
      Message head;
      Answer answer;
    } packet;
    int fd = -1;
    const int size = ReceivePacket(m_.channel.get(), &packet, sizeof packet, &fd);
    Fd received(fd);
    if (size < static_cast<int>(sizeof(Message))) {
      // Only the launcher's writing side may be closed: it still wants to hear how the container
      // ended.
      launcher_gone_ = true;
      terminal_.Leave();
      KillContainer(m_);
      return;
    }
    switch (packet.head.type) {
      case MessageType::kSignal:
        // Init has no handlers and is PID 1: a signal for the command would be lost on it.
        if (started_) {
          sys::PidfdSendSignal(m_.pidfd.get(), static_cast<int>(packet.head.a));
        } else if (packet.head.a < 64) {
          m_.waiting_signals |= uint64_t{1} << packet.head.a;
        }
        break;
      case MessageType::kFreeze:
        terminal_.Leave();
        FreezeContainer(m_, true);
        // The launcher stops itself only after this: the terminal is its shell's again.
        Send({MessageType::kAck, 0, 0, Op::kNone, 0, 0}, -1);
        break;
      case MessageType::kThaw:
        if (m_.master.valid()) terminal_.Enter();
        FreezeContainer(m_, false);
        break;
      case MessageType::kAnswer:
      case MessageType::kAck:
        if (m_.init.valid()) send(m_.init.get(), &packet, static_cast<size_t>(size), MSG_NOSIGNAL);
        break;
      default:
        break;
    }
  }

  void OnSignal() {
    struct signalfd_siginfo info = {};
    while (read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      if (info.ssi_signo == SIGWINCH && m_.master.valid()) CopyWindowSize(m_.master.get());
    }
    int status = 0;
    pid_t ended;
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
      if (ended != m_.child) continue;
      // What init said last may still lie in its socket.
      while (m_.init.valid() && Readable(m_.init.get())) FromInit();
      if (m_.init.valid()) OnInitClosed();
      m_.init.Close();
      m_.reaped = true;
      m_.wait_status = status;
    }
  }

  // What PID 1 printed last is in the console's buffer still.
  void DrainConsole() {
    while (m_.master.valid()) {
      struct pollfd fd = {m_.master.get(), POLLIN, 0};
      if (poll(&fd, 1, 0) <= 0 || (fd.revents & POLLIN) == 0) break;
      if (!Relay(m_.master.get(), STDOUT_FILENO)) break;
    }
    m_.master.Close();
  }

  static bool Readable(int fd) {
    struct pollfd ready = {fd, POLLIN, 0};
    return poll(&ready, 1, 0) > 0;
  }

  void Send(const Message& message, int fd) {
    // Ignored: a launcher that is gone.
    SendMessage(m_.channel.get(), message, fd);
  }

  Monitor& m_;
  Fd signals_;
  RawTerminal terminal_;
  bool input_open_ = true;
  bool started_ = false;
  bool launcher_gone_ = false;
  bool waits_for_start_ = false;
};

}  // namespace

int Serve(Monitor& monitor) {
  Loop loop(monitor);
  return loop.Run();
}

}  // namespace tsrun
