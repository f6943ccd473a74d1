// The monitor while the container lives: one poll over signals, launcher, init, the container's
// streams and who is attached to them.
#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>

#include "monitor/health.h"
#include "monitor/monitor.h"
#include "monitor/output.h"
#include "monitor/relay.h"
#include "monitor/terminal.h"
#include "monitor/witnesses.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

// Without a word from anybody; a short command never gets there.
constexpr int kMillisecondsToRest = 1000;

class Loop {
 public:
  explicit Loop(Monitor& monitor) : m_(monitor), relay_(monitor, witnesses_) {
    for (const Step& step : monitor.plan.steps) {
      if (std::holds_alternative<WaitStart>(step)) waits_for_start_ = true;
    }
    const Header& header = monitor.plan.header;
    if (monitor.directory.valid() && header.record.log_files > 0 && header.record.log_size > 0) {
      witnesses_.log.Open(monitor.directory.get(), header.record.log_size, header.record.log_files);
    }
    if (!monitor.channel.valid()) monitor.launcher_gone = true;
    // Standard output and error are the launcher's as long as it is there.
    for (int i = 0; i < 2; ++i) {
      outputs_[i].Start(
          i == 0 ? Stream::kOutput : Stream::kError, &monitor.outputs[i],
          monitor.launcher_gone ? -1 : STDOUT_FILENO + i,
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
    relay_.LeaveTerminal();
    Send({MessageType::kExited, 0, 0, Op::kNone, static_cast<uint64_t>(m_.wait_status), 0}, -1);
    return 0;
  }

  void TellAttached() { witnesses_.attached.SendEnd(m_.wait_status); }

 private:
  // A negative descriptor is passed over by poll(2). A side is asked only for what can be done with
  // it: one that has hung up reports that each time.
  void Turn() {
    const short console = relay_.ConsoleEvents();
    constexpr int kOwn = 11;
    struct pollfd fds[kOwn + AttachServer::kPolled] = {
        {signals_.get(), POLLIN, 0},
        {m_.launcher_gone ? -1 : m_.channel.get(), POLLIN, 0},
        {m_.init.get(), POLLIN, 0},
        {console != 0 ? m_.master.get() : -1, console, 0},
        {relay_.WantsTyping() ? STDIN_FILENO : -1,
         static_cast<short>(relay_.has_input() ? 0 : POLLIN), 0},
        {relay_.has_output() ? STDOUT_FILENO : -1, POLLOUT, 0},
        {outputs_[0].source(), POLLIN, 0},
        {outputs_[1].source(), POLLIN, 0},
        {outputs_[0].receiver(), POLLOUT, 0},
        {outputs_[1].receiver(), POLLOUT, 0},
        {relay_.has_input() ? m_.input.get() : -1, POLLOUT, 0},
    };
    witnesses_.attached.Watch(fds + kOwn, !relay_.has_input());
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
    if (fds[3].revents != 0 && m_.master.valid()) relay_.OnConsole(fds[3].revents);
    if (fds[4].revents != 0 && m_.master.valid()) Heed(relay_.OnTerminal(fds[4].revents));
    if (fds[5].revents != 0) Heed(relay_.PassOutput());
    for (int i = 0; i < 2; ++i) {
      if (fds[6 + i].revents != 0 || fds[8 + i].revents != 0) outputs_[i].Pass(witnesses_);
    }
    if (fds[10].revents != 0) relay_.PassInput();
    witnesses_.attached.Serve(fds + kOwn, relay_);
    if (fds[0].revents != 0) OnSignal();
  }

  // Bytes of a terminal in our hands, and its modes, would be lost; and so would who is attached.
  bool MayRest() const {
    const bool foreground = m_.plan.header.lifetime == Lifetime::kLauncher && !m_.launcher_gone &&
                            !m_.plan.header.relay_terminal;
    const bool alone = m_.plan.header.lifetime == Lifetime::kOwn && m_.launcher_gone;
    const bool empty = !relay_.has_input() && !relay_.has_output() && !outputs_[0].waits() &&
                       !outputs_[1].waits() && witnesses_.attached.alone();
    return m_.was_started && m_.health.probe <= 0 && m_.health.kill_at == 0 && !m_.resting &&
           !rested_ && empty && (foreground || alone);
  }

  // When the window was closed the container's session is told so, unless it lives without one.
  void Heed(Relay::Person person) {
    if (person == Relay::Person::kStays) return;
    if (person == Relay::Person::kLetsGo || m_.plan.header.lifetime == Lifetime::kOwn) {
      Detach();
    } else {
      relay_.CloseConsole();
    }
  }

  // The launcher's person has let go: from now on the container is nobody's.
  void Detach() {
    relay_.LeaveTerminal();
    m_.plan.header.lifetime = Lifetime::kOwn;
    Send({MessageType::kDetached, 0, 0, Op::kNone, 0, 0}, -1);
    m_.channel.Close();
    LauncherGone();
  }

  // Its streams are not to be kept open for it: somebody may wait for their end. Its terminal may
  // go.
  void LauncherGone() {
    m_.launcher_gone = true;
    relay_.ForgetTerminal();
    for (Output& output : outputs_) output.Forget();
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
      relay_.Start(received.Release());
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
        relay_.LeaveTerminal();
        m_.channel.Close();
        LauncherGone();
        return;
      }
      m_.launcher_gone = true;
      // Only the launcher's writing side may be closed: it still wants to hear how the container
      // ended.
      relay_.LeaveTerminal();
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
        relay_.LeaveTerminal();
        FreezeContainer(m_, true);
        // The launcher stops itself only after this: the terminal is its shell's again.
        Send({MessageType::kAck, 0, 0, Op::kNone, 0, 0}, -1);
        break;
      case MessageType::kThaw:
        relay_.EnterTerminal();
        FreezeContainer(m_, false);
        break;
      case MessageType::kResize:
        relay_.OnResize(static_cast<uint16_t>(packet.head.a >> 16),
                        static_cast<uint16_t>(packet.head.a));
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
      if (info.ssi_signo == SIGCONT) relay_.EnterTerminal();
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
      if ((!outputs_[0].waits() && !outputs_[1].waits()) || m_.launcher_gone || !wait_for_reader_)
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
    while (relay_.DrainsConsole()) {
      const bool waiting = wait_for_reader_ && !m_.launcher_gone;
      struct pollfd fds[] = {{waiting ? m_.channel.get() : -1, POLLIN, 0},
                             {STDOUT_FILENO, POLLOUT, 0}};
      const int ready = poll(fds, 2, waiting ? -1 : 0);
      if (ready < 0) continue;
      if (ready == 0) break;
      if (fds[0].revents != 0) FromLauncher();
      if (fds[1].revents != 0 && relay_.PassOutput() != Relay::Person::kStays) break;
    }
    m_.master.Close();
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
  Output outputs_[2];
  Witnesses witnesses_;
  Relay relay_;
  bool wait_for_reader_ = true;
  // Tried, in vain.
  bool rested_ = false;
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
