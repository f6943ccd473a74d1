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

#include "monitor/log.h"
#include "monitor/monitor.h"
#include "monitor/terminal.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

// Without a word from anybody; a short command never gets there.
constexpr int kMillisecondsToRest = 1000;

class Loop {
 public:
  explicit Loop(Monitor& monitor) : m_(monitor) {
    for (const Step& step : monitor.plan.steps) {
      if (std::holds_alternative<WaitStart>(step)) waits_for_start_ = true;
    }
    const Record& record = monitor.plan.header.record;
    if (monitor.directory.valid())
      log_.Open(monitor.directory.get(), record.log_size, record.log_files);
    if (!monitor.channel.valid()) launcher_gone_ = true;
  }

  int Run() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGWINCH);
    sigaddset(&signals, SIGCONT);
    signals_ = Fd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    while (!m_.reaped && !m_.handed_over) Turn();
    if (m_.handed_over) return 0;
    for (const Stream stream : {Stream::kOutput, Stream::kError}) {
      while (FromOutput(stream)) {
      }
    }
    DrainConsole();
    terminal_.Leave();
    Send({MessageType::kExited, 0, 0, Op::kNone, static_cast<uint64_t>(m_.wait_status), 0}, -1);
    return 0;
  }

 private:
  // A negative descriptor is passed over by poll(2). A side is asked only for what can be done with
  // it: one that has hung up reports that each time.
  void Turn() {
    const short console = static_cast<short>((output_.empty() ? POLLIN : 0) |  //
                                             (input_.empty() ? 0 : POLLOUT));
    struct pollfd fds[] = {
        {signals_.get(), POLLIN, 0},
        {launcher_gone_ ? -1 : m_.channel.get(), POLLIN, 0},
        {m_.init.get(), POLLIN, 0},
        {console != 0 ? m_.master.get() : -1, console, 0},
        {WantsInput() ? STDIN_FILENO : -1, static_cast<short>(input_.empty() ? POLLIN : 0), 0},
        {output_.empty() ? -1 : STDOUT_FILENO, POLLOUT, 0},
        {m_.outputs[0].get(), POLLIN, 0},
        {m_.outputs[1].get(), POLLIN, 0},
    };
    const int ready = poll(fds, 8, MayRest() ? kMillisecondsToRest : -1);
    if (ready < 0) return;
    if (ready == 0) {
      Rest(m_);
      rested_ = true;
      return;
    }
    // Init before signals: what it said before it died comes first.
    if (fds[2].revents != 0) FromInit();
    if (m_.handed_over) return;
    if (fds[1].revents != 0) FromLauncher();
    if (fds[3].revents != 0 && m_.master.valid()) OnConsole(fds[3].revents);
    if (fds[4].revents != 0 && m_.master.valid()) FromTerminal(fds[4].revents);
    if (fds[5].revents != 0 && !output_.Drain(STDOUT_FILENO)) CloseConsole();
    if (fds[6].revents != 0) FromOutput(Stream::kOutput);
    if (fds[7].revents != 0) FromOutput(Stream::kError);
    if (fds[0].revents != 0) OnSignal();
  }

  // Bytes of a terminal in our hands, and its modes, would be lost.
  bool MayRest() const {
    const bool foreground = m_.plan.header.lifetime == Lifetime::kLauncher && !launcher_gone_ &&
                            !m_.plan.header.relay_terminal;
    const bool alone = m_.plan.header.lifetime == Lifetime::kOwn && launcher_gone_ &&
                       input_.empty() && output_.empty();
    return m_.was_started && !m_.resting && !rested_ && (foreground || alone);
  }

  // False: nothing more for now, or for ever.
  bool FromOutput(Stream stream) {
    Fd& from = m_.outputs[stream == Stream::kOutput ? 0 : 1];
    if (!from.valid()) return false;
    const ssize_t got = read(from.get(), bytes_, sizeof bytes_);
    if (got < 0) return errno == EINTR;
    if (got == 0) from.Close();
    log_.Append(stream, bytes_, static_cast<size_t>(got));
    return got > 0;
  }

  // A terminal is watched while its last input still waits to be taken: it may hang up.
  bool WantsInput() const {
    return m_.master.valid() && input_open_ && !in_background_ &&
           (input_.empty() || input_is_terminal_);
  }

  void OnConsole(short events) {
    if (output_.empty() && (events & (POLLIN | POLLHUP | POLLERR)) != 0 && !FillFromConsole()) {
      CloseConsole();
      return;
    }
    // Nobody inside has it open any more: what was typed stays unread.
    if ((events & POLLHUP) != 0) input_.Discard();
    if (!input_.empty() && (events & POLLOUT) != 0 && !input_.Drain(m_.master.get()))
      input_.Discard();
  }

  bool FillFromConsole() {
    const bool open = output_.Fill(m_.master.get());
    log_.Append(Stream::kOutput, output_.data(), output_.size());
    return open;
  }

  // The console hangs up: its session gets SIGHUP as after a closed window.
  void CloseConsole() {
    m_.master.Close();
    output_.Discard();
    input_.Discard();
  }

  void FromTerminal(short events) {
    if (input_.empty()) {
      if (input_.Fill(STDIN_FILENO)) return;
      // SIGTTIN is blocked. SIGCONT tells when to try again.
      in_background_ = errno == EIO && isatty(STDIN_FILENO) != 0;
      if (in_background_) return;
    } else if ((events & (POLLHUP | POLLERR)) == 0) {
      return;
    }
    input_open_ = false;
    // A terminal that is gone is none any more.
    if (input_is_terminal_ && isatty(STDIN_FILENO) == 0) CloseConsole();
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
  // and one that waits for its start hands over before it closes anything. One that was killed said
  // nothing.
  void OnInitClosed() {
    if (!m_.failed && !waits_for_start_ && !DiedBeforeExec(m_.child)) Started();
  }

  void Started() {
    if (m_.was_started) return;
    m_.was_started = true;
    for (int signal = 1; signal <= 64; ++signal) {
      if ((m_.waiting_signals >> (signal - 1) & 1) != 0)
        sys::PidfdSendSignal(m_.pidfd.get(), signal);
    }
    RecordStart(m_);
    RecordEvent(m_, "start", "");
    Send({MessageType::kStarted, 0, 0, Op::kNone, static_cast<uint64_t>(m_.child), 0}, -1);
    if (m_.plan.header.lifetime == Lifetime::kHandover) m_.handed_over = true;
  }

  void StartRelay(int master) {
    m_.master = Fd(master);
    fcntl(master, F_SETFL, O_NONBLOCK);
    CopyWindowSize(master);
    PrepareBriefWrites();
    input_is_terminal_ = isatty(STDIN_FILENO) != 0;
    EnterTerminal();
  }

  void EnterTerminal() {
    if (!m_.master.valid()) return;
    terminal_.Enter();
    in_background_ = false;
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
      launcher_gone_ = true;
      if (m_.plan.header.lifetime == Lifetime::kOwn && m_.was_started) {
        m_.channel.Close();
        return;
      }
      // Only the launcher's writing side may be closed: it still wants to hear how the container
      // ended.
      terminal_.Leave();
      KillContainer(m_);
      return;
    }
    switch (packet.head.type) {
      case MessageType::kSignal:
        if (m_.reaped && EndsProcesses(static_cast<int>(packet.head.a))) wait_for_reader_ = false;
        // Init has no handlers and is PID 1: a signal for the command would be lost on it.
        if (m_.was_started) {
          sys::PidfdSendSignal(m_.pidfd.get(), static_cast<int>(packet.head.a));
        } else if (packet.head.a >= 1 && packet.head.a <= 64) {
          m_.waiting_signals |= uint64_t{1} << (packet.head.a - 1);
        }
        break;
      case MessageType::kFreeze:
        terminal_.Leave();
        FreezeContainer(m_, true);
        // The launcher stops itself only after this: the terminal is its shell's again.
        Send({MessageType::kAck, 0, 0, Op::kNone, 0, 0}, -1);
        break;
      case MessageType::kThaw:
        EnterTerminal();
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
      // The terminal may have been the shell's meanwhile, and its modes too.
      if (info.ssi_signo == SIGCONT) EnterTerminal();
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

  // What PID 1 printed last is in our buffer and the console's. Whoever reads it may take their
  // time; without a launcher they get what they take at once.
  void DrainConsole() {
    for (;;) {
      if (output_.empty() && !(m_.master.valid() && HasBytes(m_.master.get()) &&
                               FillFromConsole() && !output_.empty())) {
        break;
      }
      const bool waiting = wait_for_reader_ && !launcher_gone_;
      struct pollfd fds[] = {{waiting ? m_.channel.get() : -1, POLLIN, 0},
                             {STDOUT_FILENO, POLLOUT, 0}};
      const int ready = poll(fds, 2, waiting ? -1 : 0);
      if (ready < 0) continue;
      if (ready == 0) break;
      if (fds[0].revents != 0) FromLauncher();
      if (fds[1].revents != 0 && !output_.Drain(STDOUT_FILENO)) break;
    }
    m_.master.Close();
  }

  static bool HasBytes(int fd) {
    struct pollfd ready = {fd, POLLIN, 0};
    return poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN) != 0;
  }

  // What a person sends to a command that should end.
  static bool EndsProcesses(int signal) {
    return signal == SIGHUP || signal == SIGINT || signal == SIGQUIT || signal == SIGTERM;
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
  Flow input_;
  Flow output_;
  Log log_;
  char bytes_[16384];
  bool input_open_ = true;
  bool input_is_terminal_ = false;
  // The terminal is the shell's: nothing is read until the job is in the foreground again.
  bool in_background_ = false;
  bool wait_for_reader_ = true;
  // Tried, in vain.
  bool rested_ = false;
  bool launcher_gone_ = false;
  bool waits_for_start_ = false;
};

}  // namespace

int Serve(Monitor& monitor) {
  Loop loop(monitor);
  return loop.Run();
}

}  // namespace tsrun
