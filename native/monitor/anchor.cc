// The anchor of an ordinary user's networks: it holds the user namespace that those of his
// containers are made in, and the network namespace with the bridges. One for a state directory.
//
//   tsrun-init anchor --- clone3 ---> anchor     new user and network namespace
//      id maps, "go" ------------------->        root there, loopback up
//      pid on standard output <-- "ready"
//      ends                                      waits until nobody uses it
//
// Whoever uses it has a shared lock on the file LOCK, above all the monitors of its containers. The
// anchor waits for an exclusive one, and ends when it gets it: whoever was killed, it goes after
// the last, and never while somebody has the lock.
#include "monitor/anchor.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

#include "monitor/netlink.h"
#include "sys/fd.h"
#include "sys/syscalls.h"
#include "workbench/mapping.h"

namespace tsrun {
namespace {

constexpr int kUsage = 64;

int BringLoopbackUp() {
  const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket.valid()) return errno;
  return BringUp(socket.get(), 1);
}

// Root of its own namespaces, and nothing that would keep anything of the caller's from ending.
int Settle() {
  if (setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0) return errno;
  // Its namespaces are the user's to open, as long as he may look at it.
  if (prctl(PR_SET_DUMPABLE, 1) != 0) return errno;
  prctl(PR_SET_NAME, "tsrun:anchor");
  if (setsid() < 0 || chdir("/") != 0) return errno;
  return BringLoopbackUp();
}

[[noreturn]] void Hold(int starter, int lock) {
  int32_t err = 0;
  if (read(starter, &err, sizeof err) != sizeof err) _exit(70);
  err = Settle();
  if (write(starter, &err, sizeof err) != sizeof err || err != 0) _exit(70);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3; ++fd) dup2(nothing, fd);
  dup2(lock, 3);
  sys::CloseRange(4, ~0u, 0);
  while (flock(3, LOCK_EX) != 0 && errno == EINTR) {
  }
  _exit(0);
}

int Fail(const char* what, int err) {
  fprintf(stderr, "%s %d\n", what, err);
  return 1;
}

}  // namespace

int AnchorMain(int argc, char** argv) {
  Mapping mapping;
  if (argc != 4 || !ParseMapping(argv[2], &mapping) || mapping.host) return kUsage;
  const Fd lock(open(argv[3], O_RDONLY | O_CLOEXEC));
  if (!lock.valid()) return Fail("open", errno);
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return Fail("socket", errno);
  Fd ours(ends[0]), theirs(ends[1]);
  // It serves containers of other commands, and hears no signal that was meant for this one.
  signal(SIGHUP, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  struct clone_args args = {};
  args.flags = CLONE_NEWUSER | CLONE_NEWNET;
  args.exit_signal = SIGCHLD;
  const pid_t child = sys::Clone3(&args);
  if (child < 0) return Fail("clone", errno);
  if (child == 0) {
    ours.Close();
    Hold(theirs.get(), lock.get());
  }
  theirs.Close();
  int32_t err = WriteIdMaps(child, mapping.writer, mapping.uids.data(), mapping.uids.size(),
                            mapping.gids.data(), mapping.gids.size());
  if (err != 0) {
    kill(child, SIGKILL);
    return Fail("id-map", err);
  }
  if (write(ours.get(), &err, sizeof err) != sizeof err ||
      read(ours.get(), &err, sizeof err) != sizeof err) {
    return Fail("settle", EPIPE);
  }
  if (err != 0) return Fail("settle", err);
  printf("%d\n", static_cast<int>(child));
  return 0;
}

}  // namespace tsrun
