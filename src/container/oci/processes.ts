/** Who runs in a container. */
import { isGroupOf } from '../../cgroup/group-owner.ts';
import { cgroupProcesses } from '../../cgroup/processes.ts';
import { type OciContainer, openContainer } from '../state/oci-directory.ts';

/**
 * The ids of its processes as the caller sees them, ascending; none for a stopped container.
 *
 * Without a control group of its own PID 1 alone is known.
 */
export function containerProcesses(root: string, id: string): readonly number[] {
  return processesOf(openContainer(root, id));
}

function processesOf({ state, status }: OciContainer): readonly number[] {
  if (status !== 'stopped') return state.cgroup === null ? [state.pid] : cgroupProcesses(state.cgroup);
  // The kernel has ended them all with PID 1: whoever is in the group now is somebody else's.
  if (state.cgroup === null || state.pidNamespace === 'own') return [];
  return isGroupOf(state.cgroup, state) ? cgroupProcesses(state.cgroup) : [];
}
