/** Who runs in a container. */
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
  // The kernel has ended them all with PID 1: whoever is in the group now is another container's.
  if (status === 'stopped' && state.pidNamespace === 'own') return [];
  if (state.cgroup !== null) return cgroupProcesses(state.cgroup);
  return status === 'stopped' ? [] : [state.pid];
}
