/** The facts a plan needs, read from /proc and /etc in well under a millisecond: no process is started. */
import { existsSync, readFileSync } from 'node:fs';
import { probeCgroupHost } from '../cgroup/host.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import { canRaiseLimits, effectiveCapabilities, probePrivilege } from './privileges.ts';
import { allowsSetGroups, inUserNamespace } from './user-namespace.ts';

/** What a kernel of 5.15, the oldest supported, knows: CAP_CHECKPOINT_RESTORE. */
const capabilitiesOfOldest = 40;

/** Probes once; callers keep the result for the run. */
export function probeHost(): HostFacts {
  const effective = effectiveCapabilities(readFileSync('/proc/self/status', 'utf8'));
  const privilege = probePrivilege(effective);
  return {
    privilege,
    cgroup: probeCgroupHost(privilege.type),
    kernel: kernelRelease().replace(/^(\d+\.\d+(?:\.\d+)?).*$/, '$1'),
    lastCapability: lastCapability(),
    canRaiseLimits: canRaiseLimits(effective),
    initialUserNamespace: !inUserNamespace(),
    allowsSetGroups: allowsSetGroups('self'),
    hasKcore: existsSync('/proc/kcore'),
  };
}

/** What uname(2) says; node:os takes longer to load than all of these take to read. */
const kernelRelease = (): string => readFileSync('/proc/sys/kernel/osrelease', 'latin1').trim();

/** The highest number of a capability that the kernel knows. */
export function lastCapability(): number {
  try {
    return Number.parseInt(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'), 10);
  } catch {
    return capabilitiesOfOldest;
  }
}
