// The monitor while the container lives: one poll over signals, launcher, init, the container's
// streams and who is attached to them.
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>

#include "monitor/detach_keys.h"
#include "monitor/health.h"
#include "monitor/monitor.h"
#include "monitor/output.h"
#include "monitor/terminal.h"
#include "monitor/witnesses.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

// Without a word from anybody; a short command never gets there.
constexpr int kMillisecondsToRest = 1000;

// Who typed what is on its way: an attached client by its number, or
constexpr int kLauncherTyped = -1;

class Loop : private AttachListener {
 public:
  explicit Loop(Monitor& monitor) : m_(monitor) {
    for (const Step& step : monitor.plan.steps) {
      if (std::holds_alternative<WaitStart>(step)) waits_for_start_ = true;
    }
    const Header& header = monitor.plan.header;
    if (monitor.directory.valid() && header.record.log_files > 0 && header.record.log_size > 0) {
      witnesses_.log.Open(monitor.directory.get(), header.record.log_size, header.record.log_files);
    }
    keys_.Set(header.detach_keys);
    if (!monitor.channel.valid()) launcher_gone_ = true;
    // Standard output and error are the launcher's as long as it is there.
    for (int i = 0; i < 2; ++i) {
      outputs_[i].Start(
          i == 0 ? Stream::kOutput : Stream::kError, &monitor.outputs[i],
          launcher_gone_ ? -1 : STDOUT_FILENO + i,
          header.lifetime == Lifetime::kOwn ? Output::Loss::kIsNothing : Output::Loss::kBreaksPipe);
    }
    // Where nothing of the streams passes here, there is nothing to attach to.
    if (monitor.directory.valid() && !monitor.resting &&
        (monitor.outputs[0].valid() || header.relay_terminal)) {
      monitor.listening = ListenForAttach(monitor.directory.get());
    }
    witnesses_.attached.Open(monitor.listening.get());
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
    DrainOutputs();
    DrainConsole();
    witnesses_.log.Settle();
    terminal_.Leave();
    Send({MessageType::kExited, 0, 0, Op::kNone, static_cast<uint64_t>(m_.wait_status), 0}, -1);
    return 0;
  }

  void TellAttached() { witnesses_.attached.SendEnd(m_.wait_status); }

 private:
  // A negative descriptor is passed over by poll(2). A side is asked only for what can be done with
  // it: one that has hung up reports that each time.
  void Turn() {
    const short console = static_cast<short>((output_.empty() ? POLLIN : 0) |  //
                                             (input_.empty() ? 0 : POLLOUT));
    constexpr int kOwn = 11;
    struct pollfd fds[kOwn + AttachServer::kPolled] = {
        {signals_.get(), POLLIN, 0},
        {launcher_gone_ ? -1 : m_.channel.get(), POLLIN, 0},
        {m_.init.get(), POLLIN, 0},
        {console != 0 ? m_.master.get() : -1, console, 0},
        {WantsTyping() ? STDIN_FILENO : -1, static_cast<short>(input_.empty() ? POLLIN : 0), 0},
        {output_.empty() ? -1 : STDOUT_FILENO, POLLOUT, 0},
        {outputs_[0].source(), POLLIN, 0},
        {outputs_[1].source(), POLLIN, 0},
        {outputs_[0].receiver(), POLLOUT, 0},
        {outputs_[1].receiver(), POLLOUT, 0},
        {input_.empty() ? -1 : m_.input.get(), POLLOUT, 0},
    };
    witnesses_.attached.Watch(fds + kOwn, input_.empty());
    const int to_rest = MayRest() ? kMillisecondsToRest : -1, to_look = HealthPatience(m_);
    const bool look_first = to_look >= 0 && (to_rest < 0 || to_look < to_rest);
    const int ready = poll(fds, std::size(fds), look_first ? to_look : to_rest);
    if (ready < 0) return;
    // Also while there is always something else to do.
    if (to_look >= 0) ServeHealth(m_);
    if (ready == 0) {
      if (look_first) return;
      // The count of what was lost would be lost with it.
      if (witnesses_.log.Settle()) Rest(m_);
      rested_ = true;
      return;
    }
    // Init before signals: what it said before it died comes first.
    if (fds[2].revents != 0) FromInit();
    if (m_.handed_over) return;
    if (fds[1].revents != 0) FromLauncher();
    if (fds[3].revents != 0 && m_.master.valid()) OnConsole(fds[3].revents);
    if (fds[4].revents != 0 && m_.master.valid()) FromTerminal(fds[4].revents);
    if (fds[5].revents != 0 && !output_.Drain(STDOUT_FILENO)) TerminalGone();
    for (int i = 0; i < 2; ++i) {
      if (fds[6 + i].revents != 0 || fds[8 + i].revents != 0) outputs_[i].Pass(witnesses_);
    }
    if (fds[10].revents != 0) FillContainer(m_.input.get());
    witnesses_.attached.Serve(fds + kOwn, *this);
    if (fds[0].revents != 0) OnSignal();
  }

  // Bytes of a terminal in our hands, and its modes, would be lost; and so would who is attached.
  bool MayRest() const {
    const bool foreground = m_.plan.header.lifetime == Lifetime::kLauncher && !launcher_gone_ &&
                            !m_.plan.header.relay_terminal;
    const bool alone = m_.plan.header.lifetime == Lifetime::kOwn && launcher_gone_;
    const bool empty = input_.empty() && output_.empty() && !outputs_[0].waits() &&
                       !outputs_[1].waits() && witnesses_.attached.alone();
    return m_.was_started && m_.health.probe <= 0 && m_.health.kill_at == 0 && !m_.resting &&
           !rested_ && empty && (foreground || alone);
  }

  // Into the console, or the container's standard input. What nobody will read is dropped.
  void FillContainer(int to) {
    if (input_.Drain(to)) {
      if (input_.empty()) InputTaken();
      return;
    }
    DropInput();
    if (to == m_.input.get()) m_.input.Close();
  }

  void DropInput() {
    input_.Discard();
    InputTaken();
  }

  void InputTaken() {
    const int typist = typist_;
    typist_ = kLauncherTyped;
    witnesses_.attached.Acknowledge(typist);
    if (input_ends_) m_.input.Close();
  }

  void OnInput(int client, const char* bytes, size_t size) override {
    typist_ = client;
    // Not asked for, docker run without -i: it goes nowhere.
    const bool wanted =
        m_.plan.header.input != InputSource::kLauncher && (m_.master.valid() || m_.input.valid());
    if (wanted) input_.Put(bytes, size);
    if (input_.empty()) InputTaken();
  }

  void OnInputEnd() override {
    if (m_.plan.header.input != InputSource::kOnce) return;
    if (input_.empty()) m_.input.Close();
    input_ends_ = true;
  }

  void OnResize(uint16_t rows, uint16_t columns) override {
    const struct winsize size = {rows, columns, 0, 0};
    if (m_.master.valid()) ioctl(m_.master.get(), TIOCSWINSZ, &size);
  }

  // A terminal is watched while its last input still waits to be taken: it may hang up.
  bool WantsTyping() const {
    return m_.master.valid() && input_open_ && !in_background_ &&
           (input_.empty() || input_is_terminal_);
  }

  void OnConsole(short events) {
    if (output_.empty() && (events & (POLLIN | POLLHUP | POLLERR)) != 0 && !FillFromConsole()) {
      CloseConsole();
      return;
    }
    // Nobody inside has it open any more: what was typed stays unread.
    if ((events & POLLHUP) != 0 && !input_.empty()) DropInput();
    if (!input_.empty() && (events & POLLOUT) != 0) FillContainer(m_.master.get());
  }

  bool FillFromConsole() {
    const bool open = output_.Fill(m_.master.get());
    witnesses_.Take(Stream::kOutput, output_.data(), output_.size());
    if (launcher_gone_) output_.Discard();
    return open;
  }

  // The console hangs up: its session gets SIGHUP as after a closed window.
  void CloseConsole() {
    m_.master.Close();
    output_.Discard();
    DropInput();
  }

  void FromTerminal(short events) {
    if (input_.empty()) {
      if (input_.Fill(STDIN_FILENO)) {
        if (input_.TakeKeys(keys_)) Detach();
        return;
      }
      // SIGTTIN is blocked. SIGCONT tells when to try again.
      in_background_ = errno == EIO && isatty(STDIN_FILENO) != 0;
      if (in_background_) return;
    } else if ((events & (POLLHUP | POLLERR)) == 0) {
      return;
    }
    input_open_ = false;
    // A terminal that is gone is none any more.
    if (input_is_terminal_ && isatty(STDIN_FILENO) == 0) TerminalGone();
  }

  // The window was closed. The container's session is told so, unless it lives without one.
  void TerminalGone() {
    if (m_.plan.header.lifetime == Lifetime::kOwn) {
      Detach();
    } else {
      CloseConsole();
    }
  }

  // The launcher's person has let go: from now on the container is nobody's.
  void Detach() {
    terminal_.Leave();
    m_.plan.header.lifetime = Lifetime::kOwn;
    Send({MessageType::kDetached, 0, 0, Op::kNone, 0, 0}, -1);
    m_.channel.Close();
    LauncherGone();
  }

  // Its streams are not to be kept open for it: somebody may wait for their end. Its terminal may
  // go.
  void LauncherGone() {
    launcher_gone_ = true;
    input_open_ = false;
    for (Output& output : outputs_) output.Forget();
    output_.Discard();
    const Fd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
    for (int fd = STDIN_FILENO; nothing.valid() && fd <= STDERR_FILENO; ++fd)
      dup2(nothing.get(), fd);
    setsid();
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
    RecordStartEvents(m_);
    BeginHealth(m_);
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
      if (m_.plan.header.lifetime == Lifetime::kOwn && m_.was_started) {
        terminal_.Leave();
        m_.channel.Close();
        LauncherGone();
        return;
      }
      launcher_gone_ = true;
      // Only the launcher's writing side may be closed: it still wants to hear how the container
      // ended.
      terminal_.Leave();
      KillContainer(m_);
      return;
    }
    switch (packet.head.type) {
      case MessageType::kSignal:
        if (HasEnded() && EndsProcesses(static_cast<int>(packet.head.a))) wait_for_reader_ = false;
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
      case MessageType::kResize:
        OnResize(static_cast<uint16_t>(packet.head.a >> 16), static_cast<uint16_t>(packet.head.a));
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
      if (ended != m_.child) {
        OnProbeEnd(m_, ended, status);
        continue;
      }
      // What init said last may still lie in its socket.
      while (m_.init.valid() && Readable(m_.init.get())) FromInit();
      if (m_.init.valid()) OnInitClosed();
      m_.init.Close();
      m_.reaped = true;
      m_.wait_status = status;
    }
  }

  // What PID 1 printed last is in its pipes. Whoever waits for it may take their time.
  void DrainOutputs() {
    for (;;) {
      for (Output& output : outputs_) {
        while (output.Pass(witnesses_)) {
        }
      }
      if ((!outputs_[0].waits() && !outputs_[1].waits()) || launcher_gone_ || !wait_for_reader_)
        return;
      struct pollfd fds[] = {{m_.channel.get(), POLLIN, 0},
                             {outputs_[0].receiver(), POLLOUT, 0},
                             {outputs_[1].receiver(), POLLOUT, 0}};
      if (poll(fds, std::size(fds), -1) > 0 && fds[0].revents != 0) FromLauncher();
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

  // Its SIGCHLD may not have been read yet: a signal of this moment is for the output that is left.
  bool HasEnded() const {
    siginfo_t info = {};
    return m_.reaped ||
           (waitid(P_PID, static_cast<id_t>(m_.child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            info.si_pid == m_.child);
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
  DetachKeys keys_;
  Flow input_;
  int typist_ = kLauncherTyped;
  // Nobody is to type after what is on its way.
  bool input_ends_ = false;
  Flow output_;
  Output outputs_[2];
  Witnesses witnesses_;
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

int Serve(Monitor& monitor, void (*write_down)(Monitor&)) {
  Loop loop(monitor);
  const int code = loop.Run();
  if (monitor.handed_over) return code;
  write_down(monitor);
  // Their next command is to find it ended.
  loop.TellAttached();
  return code;
}

}  // namespace tsrun
