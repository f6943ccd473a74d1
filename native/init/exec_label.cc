// The label of a security module that execve(2) gives to the command: proc_pid_attr(5). Written
// through the private procfs: a file that something put in its place would take the write and do
// nothing (CVE-2019-16884).
#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "init/context.h"
#include "sys/fd.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

// Of a container that is joined the procfs is its own: it may have mounted something over a part.
Fd OpenAttribute(int proc, const char* path) {
  return Fd(sys::Openat2(proc, path, O_WRONLY | O_CLOEXEC, 0,
                         RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV));
}

}  // namespace

int Perform(InitContext& ctx, const ExecLabel& step) {
  constexpr char kVerb[] = "exec ";
  char text[4096];
  const size_t verb = step.apparmor ? sizeof kVerb - 1 : 0;
  const size_t length = strlen(step.label);
  if (verb + length > sizeof text) {
    errno = E2BIG;
    return Failed(ctx, Op::kWrite);
  }
  memcpy(text, kVerb, verb);
  memcpy(text + verb, step.label, length);
  Fd file;
  // With several modules in the kernel the file without a name belongs to the first of them.
  if (step.apparmor) file = OpenAttribute(ctx.proc, "thread-self/attr/apparmor/exec");
  if (!file.valid()) file = OpenAttribute(ctx.proc, "thread-self/attr/exec");
  if (!file.valid()) return Failed(ctx, Op::kOpen);
  if (write(file.get(), text, verb + length) < 0) return Failed(ctx, Op::kWrite);
  return 0;
}

}  // namespace tsrun
