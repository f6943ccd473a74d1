/** A group for a new container: two in one control group would be limited, frozen and killed together. */
import { existsSync, rmdirSync } from 'node:fs';
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

/**
 * Takes away an empty group that a killed `create` left, or a container that has stopped: since Linux 6.14 a group that was killed
 * once (cgroup.kill) kills whatever is cloned into it from outside.
 *
 * @param path of a place where nobody else has made a group for us
 */
export function removeLeftover(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Not there, which is the usual case, or with groups below.
  }
}

/** A new group is frozen when the one it is made in is. */
const nearestExisting = (path: string): string =>
  existsSync(path) || path === '/' ? path : nearestExisting(dirname(path));
