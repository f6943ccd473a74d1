// The control group of a container, by its path from the state file: cgroup-v2.rst.
#ifndef TSRUN_OCI_CGROUP_H_
#define TSRUN_OCI_CGROUP_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace tsrun::oci {

// All of these take "" for a container without a group of its own, and one that is gone already.

bool IsFrozen(const std::string& cgroup);
// Whether the last container that was made in the group is another than the one of this PID 1:
// src/cgroup/group-owner.ts marks groups.
bool BelongsToAnother(const std::string& cgroup, pid_t pid, uint64_t start_time);
// cgroup.kill: everything in it and below, at once.
void KillGroup(const std::string& cgroup);
// Every process in it and below. Returns 0 or the first errno but ESRCH.
int SignalGroup(const std::string& cgroup, int signal);
// What to do with processes that are in a group which is to go: with kLeave it stays with them.
enum class Processes { kKill, kLeave };
// Kills what is in it, waits for its end, and removes it with the groups below. Returns 0, or
// errno: EBUSY when something does not die in ten seconds.
int RemoveGroup(const std::string& cgroup, Processes processes);
// The same for a scope of systemd's, which takes it away itself once it is empty: a directory that
// is gone before systemd has looked leaves the unit running for ever.
int RemoveScope(const std::string& cgroup, Processes processes);

}  // namespace tsrun::oci

#endif  // TSRUN_OCI_CGROUP_H_
