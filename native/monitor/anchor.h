// The anchor: tsrun-init anchor MAPPING LOCK. See anchor.cc.
#ifndef TSRUN_MONITOR_ANCHOR_H_
#define TSRUN_MONITOR_ANCHOR_H_

namespace tsrun {

int AnchorMain(int argc, char** argv);

}  // namespace tsrun

#endif  // TSRUN_MONITOR_ANCHOR_H_
