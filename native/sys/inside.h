// Work that has to be done inside the namespaces of others.
#ifndef TSRUN_SYS_INSIDE_H_
#define TSRUN_SYS_INSIDE_H_

namespace tsrun {

// Who owns a user namespace has every right in it and below, but may enter a network namespace
// there only from inside, setns(2). So a process that shares descriptors and memory with this one
// enters, works and ends; a socket that it makes stays here and belongs there. Works in a process
// of several threads too. `users` and `space` are descriptors of the two namespaces. `work` returns
// 0 or an errno, and may make async-signal-safe calls alone. 0 or an errno.
int RunInside(int users, int space, int (*work)(void*), void* data);

}  // namespace tsrun

#endif  // TSRUN_SYS_INSIDE_H_
