#include "workbench/door.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace tsrun {
namespace {

constexpr int kControl = 3;
constexpr uint32_t kMaxLower = 1024;

struct LowerMessage {
  int32_t err;
  uint32_t left;
};

bool ReadAll(int fd, void* to, size_t length) {
  auto* at = static_cast<char*>(to);
  while (length > 0) {
    const ssize_t got = read(fd, at, length);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    length -= static_cast<size_t>(got);
  }
  return true;
}

int SendLower(int socket, const LowerMessage& message, int fd) {
  iovec body = {const_cast<LowerMessage*>(&message), sizeof message};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header = {};
  header.msg_iov = &body;
  header.msg_iovlen = 1;
  if (fd >= 0) {
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* ancillary = CMSG_FIRSTHDR(&header);
    ancillary->cmsg_level = SOL_SOCKET;
    ancillary->cmsg_type = SCM_RIGHTS;
    ancillary->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(ancillary), &fd, sizeof fd);
  }
  return sendmsg(socket, &header, MSG_NOSIGNAL) < 0 ? errno : 0;
}

// Serves until TypeScript or the inside closes its end.
[[noreturn]] void Serve(int socket, const Mapping& mapping, pid_t inside) {
  if (!mapping.host) {
    char asked = 0;
    if (recv(socket, &asked, 1, 0) != 1) _exit(0);
    const int32_t err = WriteIdMaps(inside, mapping.writer, mapping.uids.data(),
                                    mapping.uids.size(), mapping.gids.data(), mapping.gids.size());
    if (send(socket, &err, sizeof err, MSG_NOSIGNAL) < 0 || err != 0) _exit(0);
  }
  // Whichever ends first: the inside is done, or TypeScript has something to open.
  pollfd ends[2] = {{kControl, POLLIN, 0}, {socket, 0, 0}};
  while (poll(ends, 2, -1) < 0 && errno == EINTR) {
  }
  if ((ends[1].revents & (POLLHUP | POLLERR)) != 0) _exit(0);
  uint32_t count = 0;
  if (!ReadAll(kControl, &count, sizeof count)) _exit(0);
  if (count == 0 || count > kMaxLower) {
    SendLower(socket, {count == 0 ? 0 : EINVAL, 0}, -1);
    _exit(0);
  }
  for (uint32_t left = count; left > 0; --left) {
    uint32_t length = 0;
    if (!ReadAll(kControl, &length, sizeof length) || length > 4095) _exit(0);
    std::string path(length, '\0');
    if (!ReadAll(kControl, path.data(), length)) _exit(0);
    const Fd fd(open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    const int32_t err = fd.valid() ? 0 : errno;
    if (SendLower(socket, {err, left - 1}, fd.get()) != 0) _exit(0);
  }
  _exit(0);
}

}  // namespace

int StartDoor(const Mapping& mapping, Fd* inside) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return errno;
  *inside = Fd(ends[0]);
  Fd outside(ends[1]);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return errno;
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(0);
    prctl(PR_SET_NAME, "tsrun:door");
    inside->Close();
    // The end of the operation stream and of the replies must be seen by their other ends when the
    // inside dies.
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    Serve(outside.get(), mapping, parent);
  }
  close(kControl);
  return 0;
}

void CloseDoor(Fd* inside) {
  inside->Close();
  while (waitpid(-1, nullptr, 0) < 0 && errno == EINTR) {
  }
}

int AskForMaps(int inside) {
  if (send(inside, "m", 1, MSG_NOSIGNAL) != 1) return errno;
  int32_t err = 0;
  ssize_t got = 0;
  do {
    got = recv(inside, &err, sizeof err, 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return errno;
  return got == sizeof err ? err : EPIPE;
}

int ReceiveLower(int inside, std::vector<Fd>* lower) {
  for (;;) {
    LowerMessage message = {};
    iovec body = {&message, sizeof message};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr header = {};
    header.msg_iov = &body;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t got = recvmsg(inside, &header, MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got != sizeof message) return EPIPE;
    if (message.err != 0) return message.err;
    const cmsghdr* ancillary = CMSG_FIRSTHDR(&header);
    if (ancillary == nullptr) return 0;
    int fd = -1;
    memcpy(&fd, CMSG_DATA(ancillary), sizeof fd);
    lower->push_back(Fd(fd));
    if (message.left == 0) return 0;
  }
}

}  // namespace tsrun
