// The two places where init waits for somebody outside: for hooks in the runtime's namespaces, and
// for the start of a created container.
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cerrno>

#include "init/context.h"
#include "sys/fd.h"

namespace tsrun {
namespace {

int Lost(InitContext& ctx, int err) {
  ctx.op = Op::kPeerGone;
  return err;
}

// Says what there is and waits for the launcher's word. 0, or an errno: it is gone.
int Ask(InitContext& ctx, MessageType question) {
  const int err = SendMessage(ctx.monitor, {question, ctx.step, 0, Op::kNone, 0, 0}, -1);
  if (err != 0) return Lost(ctx, err);
  Message reply = {};
  int fd = -1;
  const int size = ReceivePacket(ctx.monitor, &reply, sizeof reply, &fd);
  if (size <= 0) return Lost(ctx, size == 0 ? EPIPE : -size);
  return reply.type == MessageType::kAck ? 0 : Lost(ctx, EBADMSG);
}

// Nothing of the host's may stay busy while a container waits, maybe for days.
void CloseSlots(InitContext& ctx) {
  const uint32_t kept = ListenerSlot(ctx);
  for (uint32_t i = 0; i < kMaxSlots; ++i) {
    if (i == kept) continue;
    if (ctx.slots[i] >= 0) close(ctx.slots[i]);
    ctx.slots[i] = -1;
  }
}

}  // namespace

int Perform(InitContext& ctx, const RuntimeHooks&) { return Ask(ctx, MessageType::kRuntimeHooks); }

int Perform(InitContext& ctx, const WaitStart& step) {
  Fd listener(SlotFd(ctx, step.slot));
  if (!listener.valid()) {
    errno = EBADF;
    return Failed(ctx, Op::kAccept);
  }
  ctx.slots[step.slot] = -1;
  const int err = Ask(ctx, MessageType::kCreated);
  if (err != 0) return err;
  // Only now: until the launcher knows of the container, its end must be ours.
  ctx.handed_over = true;
  ctx.reporting = false;
  if (prctl(PR_SET_PDEATHSIG, 0) != 0) return Failed(ctx, Op::kPrctl);
  SendMessage(ctx.monitor, {MessageType::kHandedOver, ctx.step, 0, Op::kNone, 0, 0}, -1);
  close(ctx.monitor);
  CloseSlots(ctx);
  int connection = -1;
  while ((connection = accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)) < 0) {
    if (errno != EINTR && errno != ECONNABORTED) _exit(70);
  }
  ctx.monitor = connection;
  Message go = {};
  int fd = -1;
  // Whoever started us died before it could say so: nobody would record the start.
  if (ReceivePacket(connection, &go, sizeof go, &fd) <= 0 || go.type != MessageType::kGo) _exit(70);
  return 0;
}

}  // namespace tsrun
