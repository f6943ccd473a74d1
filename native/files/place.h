// Files out of an archive into a directory that is there, and may be in use.
//
// Unlike apply.h, which makes a layer out of nothing: what exists stays, a file is replaced by
// another, a directory takes in another one, and nothing else replaces anything else (docker cp).
#ifndef TSRUN_FILES_PLACE_H_
#define TSRUN_FILES_PLACE_H_

#include "files/destination.h"
#include "files/handle.h"
#include "files/spot.h"

namespace tsrun {

// Carries out the operations that come on descriptor 0, below the anchor. Exit status.
int PlaceMain(const Handles& handles, const Destination& destination, Parents parents);

}  // namespace tsrun

#endif  // TSRUN_FILES_PLACE_H_
