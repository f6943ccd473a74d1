// The process outside the jail: writes the id maps of the one inside and opens lower layers for it.
//
//   inside                       door                          TypeScript
//   unshare(NEWUSER)
//   'm'            ----------->  WriteIdMaps
//                  <-----------  errno
//   (applies the operations)
//   kWantLower     ------------------------------------------> descriptor 3: paths of the lower
//   layers
//                                opens each      <-----------
//                  <-----------  errno, number still to come, descriptor
//
// Hostile bytes reach only the inside; only the door can open a path of the host's, and it takes
// those from TypeScript.
#ifndef TSRUN_WORKBENCH_DOOR_H_
#define TSRUN_WORKBENCH_DOOR_H_

#include <vector>

#include "sys/fd.h"
#include "workbench/mapping.h"

namespace tsrun {

// Forks the door, which dies with its parent. `inside` gets the parent's end of the socket. 0 or an
// errno.
int StartDoor(const Mapping& mapping, Fd* inside);

// Inside: ends the door and reaps it; a Node that is PID 1 would keep it as a zombie otherwise.
void CloseDoor(Fd* inside);

// Inside: has the maps written. 0 or an errno.
int AskForMaps(int inside);

// Inside: receives the lower layers, topmost first. 0 or an errno.
int ReceiveLower(int inside, std::vector<Fd>* lower);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_DOOR_H_
