/**
 * Whose a control group is: two containers may be given one path, one after the other, and the second is then found in the group or
 * in a new one of its name. Written on the group itself, as an extended attribute (cgroup v2 has those of users since Linux 5.7),
 * which goes with it. native/oci/cgroup.cc reads it too.
 */
import { constants } from 'node:os';
import { TsrunError } from '../errors/tsrun-error.ts';
import { addon } from '../native/addon.ts';

/** PID 1 of a container: with the time of its start, in clock ticks after boot, it names one process for ever. */
export interface GroupOwner {
  readonly pid: number;
  readonly startTime: number;
}

const attribute = 'user.tsrun.owner';
const attributeValue = ({ pid, startTime }: GroupOwner): string => `${pid} ${startTime}`;

/**
 * To be called when PID 1 is in it. A group that is gone already is fine: so is the container.
 *
 * @throws TsrunError STEP_FAILED
 */
export function markGroup(path: string, owner: GroupOwner): void {
  try {
    addon().setXattr(path, attribute, attributeValue(owner));
  } catch (cause) {
    if ((cause as { errno?: number }).errno === constants.errno.ENOENT) return;
    throw new TsrunError('STEP_FAILED', `cannot mark the control group "${path}" as the container's`, {
      why: (cause as Error).message,
      cause,
    });
  }
}

/** Whether this container was the last to be made in the group. */
export const isGroupOf = (path: string, owner: GroupOwner): boolean =>
  addon().getXattr(path, attribute) === attributeValue(owner);
