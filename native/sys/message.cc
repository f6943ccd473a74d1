#include "sys/message.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

namespace tsrun {

void AttachDescriptor(struct msghdr* header, RightsBuffer* control, int fd) {
  header->msg_control = control->bytes;
  header->msg_controllen = sizeof control->bytes;
  struct cmsghdr* rights = CMSG_FIRSTHDR(header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(rights), &fd, sizeof fd);
}

int SendMessage(int socket, const Message& message, int fd) {
  return SendPacket(socket, &message, sizeof message, fd);
}

int SendPacket(int socket, const void* data, uint32_t size, int fd) {
  // The kernel reads from here; only the pointer's type is not const.
  struct iovec part = {const_cast<void*>(data), size};
  RightsBuffer control = {};
  struct msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (fd >= 0) AttachDescriptor(&header, &control, fd);
  while (sendmsg(socket, &header, MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

int ReceivePacket(int socket, void* buffer, uint32_t size, int* fd) {
  struct iovec part = {buffer, size};
  alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * 4)] = {};
  struct msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  *fd = -1;
  ssize_t got;
  while ((got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC)) < 0) {
    // ECONNRESET is said once, of a peer that has closed without having read everything; what it
    // sent before comes after: unix_release_sock() in net/unix/af_unix.c.
    if (errno != EINTR && errno != ECONNRESET) return -errno;
  }
  for (struct cmsghdr* rights = CMSG_FIRSTHDR(&header); rights != nullptr;
       rights = CMSG_NXTHDR(&header, rights)) {
    if (rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS) {
      memcpy(fd, CMSG_DATA(rights), sizeof *fd);
    }
  }
  return static_cast<int>(got);
}

}  // namespace tsrun
