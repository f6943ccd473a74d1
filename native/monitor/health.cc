#include "monitor/health.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "monitor/record_files.h"
#include "sys/clock.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

uint64_t Milliseconds() { return Nanoseconds() / 1'000'000; }

bool InStartPeriod(const Monitor& monitor) {
  return monitor.health.status == static_cast<int>(HealthStatus::kStarting) &&
         Milliseconds() - monitor.health.started < monitor.plan.header.health.start_period;
}

void SetNext(Monitor& monitor) {
  const Health& header = monitor.plan.header.health;
  monitor.health.next =
      Milliseconds() + (InStartPeriod(monitor) ? header.start_interval : header.interval);
}

// Nothing inside would answer.
bool IsFrozen(const Monitor& monitor) {
  char path[PATH_MAX], text[256];
  return monitor.plan.header.kill_cgroup[0] != 0 &&
         snprintf(path, sizeof path, "%s/cgroup.events", monitor.plan.header.kill_cgroup) <
             static_cast<int>(sizeof path) &&
         ReadText(AT_FDCWD, path, text, sizeof text) && strstr(text, "frozen 1") != nullptr;
}

// What enters the container must not be a file that somebody inside could write: a read-only mount
// is none, else the probe has a sealed copy made (seal.cc).
bool IsReadOnly() {
  struct statvfs st = {};
  return statvfs("/proc/self/exe", &st) == 0 && (st.f_flag & ST_RDONLY) != 0;
}

pid_t StartProbe(const Monitor& monitor) {
  const Health& header = monitor.plan.header.health;
  char numbers[5][16];
  snprintf(numbers[0], sizeof numbers[0], "%d", monitor.directory.get());
  snprintf(numbers[1], sizeof numbers[1], "%d", monitor.pidfd.get());
  snprintf(numbers[2], sizeof numbers[2], "%u", header.timeout);
  snprintf(numbers[3], sizeof numbers[3], "%u", header.retries);
  snprintf(numbers[4], sizeof numbers[4], "%d", InStartPeriod(monitor) ? 1 : 0);
  char name[] = "tsrun-init", verb[] = "probe", sealed[] = "as-is", seal[] = "seal";
  char* argv[] = {name,       verb,       numbers[0], numbers[1],
                  numbers[2], numbers[3], numbers[4], IsReadOnly() ? sealed : seal,
                  nullptr};
  char* env[] = {nullptr};
  const Fd program(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const int handed[] = {monitor.directory.get(), monitor.pidfd.get()};
  for (const int fd : handed) fcntl(fd, F_SETFD, 0);
  const pid_t pid = program.valid() ? vfork() : -1;
  if (pid == 0) {
    sys::ExecveAt(program.get(), "", argv, env, AT_EMPTY_PATH);
    _exit(71);
  }
  for (const int fd : handed) fcntl(fd, F_SETFD, FD_CLOEXEC);
  return pid;
}

void OnUnhealthyStatus(Monitor& monitor) {
  const Health& header = monitor.plan.header.health;
  switch (header.on_unhealthy) {
    case OnUnhealthy::kNothing:
      return;
    case OnUnhealthy::kKill:
      sys::PidfdSendSignal(monitor.pidfd.get(), SIGKILL);
      return;
    case OnUnhealthy::kRestart:
      monitor.restart_wanted = true;
      sys::PidfdSendSignal(monitor.pidfd.get(), static_cast<int>(header.stop_signal));
      monitor.health.kill_at = Milliseconds() + header.stop_timeout;
      return;
  }
}

}  // namespace

void BeginHealth(Monitor& monitor) {
  if (monitor.plan.header.health.interval == 0 || !monitor.directory.valid()) return;
  monitor.health.started = Milliseconds();
  SetNext(monitor);
}

int HealthPatience(const Monitor& monitor) {
  uint64_t due = monitor.health.kill_at;
  if (due == 0 && monitor.health.probe <= 0) due = monitor.health.next;
  if (due == 0) return -1;
  const uint64_t now = Milliseconds();
  return now >= due ? 0 : static_cast<int>(due - now < INT_MAX ? due - now : INT_MAX);
}

void ServeHealth(Monitor& monitor) {
  const uint64_t now = Milliseconds();
  Monitor::HealthState& health = monitor.health;
  if (health.kill_at != 0) {
    if (now < health.kill_at) return;
    sys::PidfdSendSignal(monitor.pidfd.get(), SIGKILL);
    health.kill_at = health.next = 0;
    return;
  }
  if (health.next == 0 || now < health.next || health.probe > 0) return;
  if (!IsFrozen(monitor)) health.probe = StartProbe(monitor);
  if (health.probe <= 0) SetNext(monitor);
}

bool OnProbeEnd(Monitor& monitor, pid_t ended, int wait_status) {
  Monitor::HealthState& health = monitor.health;
  if (health.probe <= 0 || ended != health.probe) return false;
  health.probe = -1;
  SetNext(monitor);
  // One that was killed has said nothing.
  if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) > 7) return true;
  const int code = WEXITSTATUS(wait_status);
  health.status = code & 3;
  if ((code & kStatusChanged) == 0) return true;
  const bool healthy = health.status == static_cast<int>(HealthStatus::kHealthy);
  RecordEvent(monitor, healthy ? "health_status: healthy" : "health_status: unhealthy", "");
  if (!healthy) OnUnhealthyStatus(monitor);
  return true;
}

}  // namespace tsrun
