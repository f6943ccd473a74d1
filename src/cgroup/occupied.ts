/** Two containers in one control group would be limited, frozen and killed together. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { TsrunError } from '../errors/tsrun-error.ts';
import { groupEvents } from './group-events.ts';
import { cgroupProcesses } from './processes.ts';

/**
 * Refuses a group for a new container that holds processes already, or that is frozen: PID 1 would never run.
 *
 * @param path directory of the group; one that does not exist yet is fine
 * @throws TsrunError STEP_FAILED
 */
export function refuseOccupied(path: string): void {
  if (groupEvents(path).populated) {
    const pids = cgroupProcesses(path);
    throw new TsrunError('STEP_FAILED', `cannot use the control group "${path}"`, {
      why: `processes live in it: ${pids.length === 0 ? 'of another pid namespace' : pids.slice(0, 8).join(', ')}`,
      hint: 'every container needs a group of its own: choose another cgroupsPath, or delete the container that has it',
    });
  }
  const existing = nearestExisting(path);
  if (groupEvents(existing).frozen) {
    throw new TsrunError('STEP_FAILED', `cannot use the control group "${path}"`, {
      why: `${existing === path ? 'it' : `"${existing}" above it`} is frozen, and so would be the container`,
      hint: `write 0 to ${existing}/cgroup.freeze, or to that of a group above it`,
    });
  }
}

/** A new group is frozen when the one it is made in is. */
const nearestExisting = (path: string): string =>
  existsSync(path) || path === '/' ? path : nearestExisting(dirname(path));
