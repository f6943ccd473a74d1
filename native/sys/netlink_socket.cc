#include "sys/netlink_socket.h"

#include <sys/socket.h>

#include <cerrno>

#include "sys/inside.h"

namespace tsrun {
namespace {

struct Wanted {
  int protocol;
  int socket;
};

int Open(void* data) {
  auto* wanted = static_cast<Wanted*>(data);
  wanted->socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, wanted->protocol);
  return wanted->socket < 0 ? errno : 0;
}

}  // namespace

int OpenNetlinkIn(int users, int space, int protocol, Fd* socket) {
  Wanted wanted = {protocol, -1};
  const int err = RunInside(users, space, Open, &wanted);
  if (err == 0) *socket = Fd(wanted.socket);
  return err;
}

}  // namespace tsrun
