#include "workbench/workbench.h"

namespace tsrun {
int WorkbenchMain(int, char**) { return 70; }
}  // namespace tsrun
