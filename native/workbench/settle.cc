#include "workbench/settle.h"

namespace tsrun {

int Settle(Tree*, int, Skipped*) { return 0; }

}  // namespace tsrun
