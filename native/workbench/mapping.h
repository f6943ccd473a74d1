// The user namespace the workbench works in, as its command line tells it.
#ifndef TSRUN_WORKBENCH_MAPPING_H_
#define TSRUN_WORKBENCH_MAPPING_H_

#include <vector>

#include "sys/id_map.h"

namespace tsrun {

struct Mapping {
  bool host = true;  // no namespace of its own
  IdMapWriter writer = IdMapWriter::kDirect;
  std::vector<IdMapLine> uids;
  std::vector<IdMapLine> gids;
};

// "host", or "WRITER:UIDS:GIDS" with WRITER direct, newidmap or single and maps like
// "0-1000-1,1-100000-65536" (container, host, size). False when it is anything else.
bool ParseMapping(const char* text, Mapping* mapping);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_MAPPING_H_
