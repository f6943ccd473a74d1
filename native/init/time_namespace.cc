// A time namespace with offsets, time_namespaces(7): the offsets can be written only before a
// process is in it, and clone3 puts one in at once. So: unshare (for children), write, enter.
#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <cstdio>

#include "init/context.h"
#include "sys/fd.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

char* PutNumber(char* at, uint64_t value) {
  char digits[24];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count > 0) *at++ = digits[--count];
  return at;
}

// "<clock> <seconds> <nanoseconds>\n" without stdio, which may allocate.
char* PutOffset(char* at, char clock, int64_t seconds, uint32_t nanoseconds) {
  *at++ = clock;
  *at++ = ' ';
  if (seconds < 0) *at++ = '-';
  at = PutNumber(at,
                 seconds < 0 ? 0 - static_cast<uint64_t>(seconds) : static_cast<uint64_t>(seconds));
  *at++ = ' ';
  at = PutNumber(at, nanoseconds);
  *at++ = '\n';
  return at;
}

}  // namespace

int Perform(InitContext& ctx, const TimeNamespace& step) {
  if (unshare(CLONE_NEWTIME) != 0) return Failed(ctx, Op::kUnshare);
  char text[128];
  char* end = PutOffset(text, '1', step.monotonic_seconds, step.monotonic_nanoseconds);
  end = PutOffset(end, '7', step.boottime_seconds, step.boottime_nanoseconds);
  Fd offsets(open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC));
  if (!offsets.valid()) return Failed(ctx, Op::kOpen);
  if (write(offsets.get(), text, static_cast<size_t>(end - text)) < 0)
    return Failed(ctx, Op::kWrite);
  Fd ns(open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC));
  if (!ns.valid()) return Failed(ctx, Op::kOpen);
  if (setns(ns.get(), CLONE_NEWTIME) != 0) return Failed(ctx, Op::kSetns);
  return 0;
}

}  // namespace tsrun
