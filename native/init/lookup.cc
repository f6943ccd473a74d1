// Who the user is, asked of TypeScript: it reads /etc/passwd and /etc/group through the root's
// descriptor.
#include <cerrno>
#include <cstring>

#include "init/context.h"

namespace tsrun {

int Perform(InitContext& ctx, const Lookup&) {
  int err =
      SendMessage(ctx.monitor, {MessageType::kLookup, ctx.step, 0, Op::kNone, 0, 0}, ctx.root);
  // In the data segment, not on the stack: the packet is 12 KiB.
  static struct {
    Message head;
    Answer answer;
  } reply;
  int fd = -1;
  if (err == 0) {
    const int size = ReceivePacket(ctx.monitor, &reply, sizeof reply, &fd);
    if (size <= 0) err = size == 0 ? EPIPE : -size;
  }
  const Answer& answer = reply.answer;
  if (err == 0 && (reply.head.type != MessageType::kAnswer ||
                   answer.group_count > kMaxAnswerGroups || answer.home_size > kMaxAnswerHome)) {
    err = EBADMSG;
  }
  if (err != 0) {
    ctx.op = Op::kPeerGone;
    return err;
  }
  ctx.answer = answer;
  ctx.answered = true;
  return 0;
}

}  // namespace tsrun
