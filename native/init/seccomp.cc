// no_new_privs and the system call filter.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <variant>

#include "init/context.h"
#include "sys/message.h"

namespace tsrun {

namespace {

constexpr size_t kMostParts = 4;  // of a message, the pid between them

// Sends the message with the listener. Under the filter already: from here on whatever it asks
// about is the listener's to answer, so plans that ask about sendmsg are refused.
int HandOver(InitContext& ctx, const Seccomp& step, int listener) {
  char digits[20];
  size_t first = sizeof digits;
  for (uint64_t rest = ctx.host_pid; first == sizeof digits || rest != 0; rest /= 10)
    digits[--first] = static_cast<char>('0' + rest % 10);
  struct iovec parts[2 * kMostParts] = {};
  size_t count = 0, size = 0;
  for (size_t i = 0; i < step.message.size() && i < kMostParts; ++i) {
    if (i > 0) parts[count++] = {digits + first, sizeof digits - first};
    parts[count++] = {const_cast<char*>(step.message[i]), strlen(step.message[i])};
  }
  for (size_t i = 0; i < count; ++i) size += parts[i].iov_len;
  RightsBuffer control = {};
  struct msghdr header = {};
  header.msg_iov = parts;
  header.msg_iovlen = count;
  AttachDescriptor(&header, &control, listener);
  ssize_t sent = 0;
  do {
    sent = sendmsg(SlotFd(ctx, step.slot), &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return Failed(ctx, Op::kSendmsg);
  if (static_cast<size_t>(sent) == size) return 0;
  ctx.op = Op::kSendmsg;
  return EIO;
}

}  // namespace

uint32_t ListenerSlot(const InitContext& ctx) {
  for (const Step& step : ctx.plan->steps) {
    const auto* seccomp = std::get_if<Seccomp>(&step);
    if (seccomp != nullptr && !seccomp->message.empty()) return seccomp->slot;
  }
  return kMaxSlots;
}

int Perform(InitContext& ctx, const NoNewPrivileges&) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Failed(ctx, Op::kPrctl);
  return 0;
}

int Perform(InitContext& ctx, const Seccomp& step) {
  struct sock_fprog program = {};
  program.len = static_cast<unsigned short>(step.program.size / sizeof(struct sock_filter));
  // The kernel copies it from here; only the pointer's type is not const.
  program.filter = reinterpret_cast<struct sock_filter*>(const_cast<uint8_t*>(step.program.data));
  const long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, step.flags, &program);
  if (listener < 0) return Failed(ctx, Op::kSeccomp);
  if (step.message.empty()) return 0;
  const int err = HandOver(ctx, step, static_cast<int>(listener));
  // Close-on-exec both, but until then they would be descriptors of ours. May be asked about.
  close(static_cast<int>(listener));
  close(SlotFd(ctx, step.slot));
  ctx.slots[step.slot] = -1;
  return err;
}

}  // namespace tsrun
