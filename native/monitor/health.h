// When to look how a container is, and what follows. The looking is done by a short-lived process
// (probe.cc); what the monitor keeps of it is in Monitor::health.
#ifndef TSRUN_MONITOR_HEALTH_H_
#define TSRUN_MONITOR_HEALTH_H_

#include <sys/types.h>

#include "monitor/monitor.h"

namespace tsrun {

// In the exit status of a probe, and in the file `health` by name.
enum class HealthStatus : int { kStarting = 0, kHealthy = 1, kUnhealthy = 2 };
// Beside it: the status is another one than before.
constexpr int kStatusChanged = 4;

// The command has started: from now on there is something to look at.
void BeginHealth(Monitor& monitor);
// Milliseconds until something is due; -1: nothing is, ever.
int HealthPatience(const Monitor& monitor);
// Does what is due.
void ServeHealth(Monitor& monitor);
// A child of the monitor has ended: true when it was the probe.
bool OnProbeEnd(Monitor& monitor, pid_t ended, int wait_status);

int ProbeMain(int argc, char** argv);

}  // namespace tsrun

#endif  // TSRUN_MONITOR_HEALTH_H_
