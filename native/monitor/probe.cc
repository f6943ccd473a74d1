// One look at how a container is: `tsrun-init probe`, a child of its monitor.
//
//   monitor ---> probe ---> monitor, with the plan of the file `health-plan` ---> the command
//                  <--------- kExited, its output by a pipe
//
// It plays the launcher's part for that plan, writes the result into the file `health` and tells
// the monitor by its exit status. What it needs memory for goes with it.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "monitor/health.h"
#include "monitor/log.h"
#include "monitor/record_files.h"
#include "sys/clock.h"
#include "sys/message.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

// docker's figures.
constexpr size_t kMaxOutput = 4096;
constexpr int kKept = 5;

struct Result {
  char start[kTimeSize + 1];
  char end[kTimeSize + 1];
  int exit_code = -1;
  size_t size = 0;
  char output[kMaxOutput];

  __attribute__((format(printf, 2, 3))) void Say(const char* format, ...) {
    va_list words;
    va_start(words, format);
    size = static_cast<size_t>(vsnprintf(output, sizeof output, format, words));
    va_end(words);
  }
};

// What is beyond the room is read and dropped: the command must not stand still.
bool Take(int from, Result& result) {
  char bytes[16384];
  const ssize_t got = read(from, bytes, sizeof bytes);
  if (got <= 0) return got < 0 && errno == EINTR;
  const size_t room = kMaxOutput - result.size;
  const size_t taken = static_cast<size_t>(got) < room ? static_cast<size_t>(got) : room;
  memcpy(result.output + result.size, bytes, taken);
  result.size += taken;
  return true;
}

// The monitor of the command, with its descriptors in their places (monitor.h).
pid_t StartCommand(int channel, int plan, int pidfd, int output, bool seal) {
  const Fd nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Fd program(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  if (!nothing.valid() || !program.valid()) return -1;
  // Out of the way of where they go.
  const int from[] = {nothing.get(), output, output, channel, plan, pidfd};
  int high[6];
  for (int i = 0; i < 6; ++i) {
    high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 20);
    if (high[i] < 0) return -1;
  }
  char name[] = "tsrun-init", verb[] = "monitor", how[] = "seal";
  char* argv[] = {name, verb, seal ? how : nullptr, nullptr};
  char* env[] = {nullptr};
  const int executable = fcntl(program.get(), F_DUPFD_CLOEXEC, 20);
  const pid_t pid = vfork();
  if (pid == 0) {
    for (int i = 0; i < 6; ++i) dup2(high[i], i);
    sys::ExecveAt(executable, "", argv, env, AT_EMPTY_PATH);
    _exit(71);
  }
  for (const int fd : high) close(fd);
  close(executable);
  return pid;
}

void SayTimeout(Result& result, unsigned milliseconds) {
  result.exit_code = -1;
  if (milliseconds % 1000 == 0) {
    result.Say("Health check exceeded timeout (%us)", milliseconds / 1000);
  } else {
    result.Say("Health check exceeded timeout (%ums)", milliseconds);
  }
}

// Until the command has ended, or its time is up.
void Run(int directory, int pidfd, unsigned timeout, bool seal, Result& result) {
  int sockets[2], pipe_ends[2];
  const Fd plan(openat(directory, "health-plan", O_RDONLY | O_CLOEXEC));
  if (!plan.valid() || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0 ||
      pipe2(pipe_ends, O_CLOEXEC) != 0) {
    return result.Say("the check could not be started: %s", strerrorname_np(errno));
  }
  Fd channel(sockets[0]), theirs(sockets[1]), reader(pipe_ends[0]), writer(pipe_ends[1]);
  fcntl(reader.get(), F_SETFL, O_NONBLOCK);
  const uint64_t deadline = Nanoseconds() + uint64_t{timeout} * 1'000'000;
  const pid_t monitor = StartCommand(theirs.get(), plan.get(), pidfd, writer.get(), seal);
  theirs.Close();
  writer.Close();
  if (monitor < 0) return result.Say("the check could not be started");
  bool ended = false;
  while (!ended) {
    const uint64_t now = Nanoseconds();
    struct pollfd fds[] = {{channel.get(), POLLIN, 0}, {reader.get(), POLLIN, 0}};
    const int patience = now >= deadline ? 0 : static_cast<int>((deadline - now) / 1'000'000 + 1);
    const int ready = poll(fds, 2, patience);
    if (ready < 0) continue;
    if (ready == 0 || Nanoseconds() >= deadline) {
      SayTimeout(result, timeout);
      break;
    }
    if (fds[1].revents != 0 && !Take(reader.get(), result)) reader.Close();
    if (fds[0].revents == 0) continue;
    Message message = {};
    int fd = -1;
    const int size = ReceivePacket(channel.get(), &message, sizeof message, &fd);
    const Fd received(fd);
    if (size < static_cast<int>(sizeof message)) break;
    switch (message.type) {
      case MessageType::kStepFailed:
        result.Say("the check could not be started: %s", strerrorname_np(message.err));
        SendMessage(channel.get(), {MessageType::kAck, 0, 0, Op::kNone, 0, 0}, -1);
        break;
      case MessageType::kExited: {
        const int status = static_cast<int>(message.a);
        result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        while (reader.valid() && Take(reader.get(), result)) {
        }
        ended = true;
        break;
      }
      default:
        break;
    }
  }
  if (!ended && result.size == 0) result.Say("the check was ended before it could say anything");
  // It ends the command with what that has started, however far the two of them have come.
  channel.Close();
  while (waitpid(monitor, nullptr, 0) < 0 && errno == EINTR) {
  }
}

const char* NameOf(HealthStatus status) {
  switch (status) {
    case HealthStatus::kStarting:
      return "starting";
    case HealthStatus::kHealthy:
      return "healthy";
    case HealthStatus::kUnhealthy:
      return "unhealthy";
  }
  return "";
}

// The file `health`: three lines, then an entry for each of the last results, the oldest first:
// "probe START END EXITCODE BYTES", a newline, so many bytes of output, a newline.
struct HealthFile {
  HealthStatus status = HealthStatus::kStarting;
  unsigned streak = 0;
  const char* entries[kKept];
  size_t sizes[kKept];
  int count = 0;
  char text[kKept * (kMaxOutput + 256) + 256];

  void Read(int directory) {
    const Fd file(openat(directory, "health", O_RDONLY | O_CLOEXEC));
    const ssize_t got = file.valid() ? read(file.get(), text, sizeof text - 1) : 0;
    text[got < 0 ? 0 : got] = 0;
    char name[16];
    int used = 0;
    if (sscanf(text, "tsrun-health 1\nstatus %15s\nstreak %u\n%n", name, &streak, &used) != 2 ||
        used == 0) {
      return;
    }
    if (strcmp(name, "healthy") == 0) status = HealthStatus::kHealthy;
    if (strcmp(name, "unhealthy") == 0) status = HealthStatus::kUnhealthy;
    const char* const end = text + got;
    for (const char* at = text + used; at < end && count < kKept;) {
      size_t bytes = 0;
      int head = 0;
      if (sscanf(at, "probe %*s %*s %*d %zu%n", &bytes, &head) != 1 || head == 0) return;
      const size_t size = static_cast<size_t>(head) + 1 + bytes + 1;
      if (bytes > kMaxOutput || at + size > end) return;
      entries[count] = at;
      sizes[count++] = size;
      at += size;
    }
  }
};

// docker's rules.
void Judge(HealthFile& file, int exit_code, unsigned retries, bool in_start_period) {
  if (exit_code == 0) {
    file.status = HealthStatus::kHealthy;
    file.streak = 0;
    return;
  }
  if (file.status == HealthStatus::kStarting && in_start_period) return;
  if (++file.streak >= retries) file.status = HealthStatus::kUnhealthy;
}

void Write(int directory, const HealthFile& file, const Result& result) {
  static char text[sizeof file.text + sizeof result.output];
  size_t size =
      static_cast<size_t>(snprintf(text, sizeof text, "tsrun-health 1\nstatus %s\nstreak %u\n",
                                   NameOf(file.status), file.streak));
  for (int i = file.count == kKept ? 1 : 0; i < file.count; ++i) {
    memcpy(text + size, file.entries[i], file.sizes[i]);
    size += file.sizes[i];
  }
  size += static_cast<size_t>(snprintf(text + size, sizeof text - size, "probe %s %s %d %zu\n",
                                       result.start, result.end, result.exit_code, result.size));
  memcpy(text + size, result.output, result.size);
  size += result.size;
  text[size++] = '\n';
  WriteWholeBytes(directory, "health", text, size);
}

}  // namespace

int ProbeMain(int argc, char** argv) {
  if (argc != 8) return 64;
  const int directory = atoi(argv[2]), pidfd = atoi(argv[3]);
  const auto timeout = static_cast<unsigned>(strtoul(argv[4], nullptr, 10));
  const auto retries = static_cast<unsigned>(strtoul(argv[5], nullptr, 10));
  const bool in_start_period = strcmp(argv[6], "1") == 0, seal = strcmp(argv[7], "seal") == 0;
  prctl(PR_SET_NAME, "tsrun:probe");
  // Its result is the monitor's.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sys::CloseRange(kChannelFd, ~0u, CLOSE_RANGE_CLOEXEC);
  static Result result;
  FormatTime(result.start);
  Run(directory, pidfd, timeout, seal, result);
  FormatTime(result.end);
  static HealthFile file;
  file.Read(directory);
  const HealthStatus before = file.status;
  Judge(file, result.exit_code, retries, in_start_period);
  Write(directory, file, result);
  return static_cast<int>(file.status) | (file.status == before ? 0 : kStatusChanged);
}

}  // namespace tsrun
