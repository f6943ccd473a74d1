// The parent side: one small process per container.
#ifndef TSRUN_MONITOR_MONITOR_H_
#define TSRUN_MONITOR_MONITOR_H_

namespace tsrun {

int MonitorMain(int argc, char** argv);

}  // namespace tsrun

#endif  // TSRUN_MONITOR_MONITOR_H_
