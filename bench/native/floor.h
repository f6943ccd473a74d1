// What the two files of the floor share: the container's filesystem is in floor-inside.c.
#ifndef TSRUN_BENCH_FLOOR_H_
#define TSRUN_BENCH_FLOOR_H_

#include <stdio.h>
#include <unistd.h>

#define MUST(call)                                             \
  do {                                                         \
    if ((call) < 0) {                                          \
      dprintf(2, "floor: line %d: %s: %m\n", __LINE__, #call); \
      _exit(71);                                               \
    }                                                          \
  } while (0)

// The network namespace's own lo.
void LoopbackUp(void);
// The kernel's filesystems, the files of /etc, devices and links: below the working directory,
// which is the new root.
void Filesystems(void);
void Files(void);
void Nodes(void);
// After pivot_root.
void MasksAndReadOnly(void);

#endif  // TSRUN_BENCH_FLOOR_H_
