// Takes everything from a process that its work does not need.
#ifndef TSRUN_SYS_CONFINE_H_
#define TSRUN_SYS_CONFINE_H_

#include <cstddef>
#include <cstdint>

namespace tsrun {

// A system call that is allowed with this argument alone.
struct ArgumentRule {
  unsigned number;
  unsigned argument;
  // The low half, which is all of it for what is an int.
  uint32_t value;
};

// Nobody's ids, and no groups. The death signal goes with it. False: not to be had.
bool BecomeNobody();

// No privileges to be had any more, nobody may look at it, and a filter of system calls: those of
// the list, with what malloc(3) needs, and those of the rules. False: not all of it, and the
// process must not go on.
bool Filter(const unsigned* allowed, size_t count, const ArgumentRule* rules, size_t rule_count);

}  // namespace tsrun

#endif  // TSRUN_SYS_CONFINE_H_
