/** Gives a group the files of a controller that nobody needed when it was made. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * From the root of the hierarchy down: a group hands on only what it was given. What cannot be done here, because a group
 * holds processes or belongs to somebody else, shows as the missing file.
 *
 * @param path directory of the group
 */
export function enableController(path: string, controller: string): void {
  const above: string[] = [];
  for (let parent = dirname(path); existsSync(join(parent, 'cgroup.subtree_control')); parent = dirname(parent)) {
    above.unshift(parent);
  }
  for (const parent of above) {
    const control = join(parent, 'cgroup.subtree_control');
    try {
      if (!readFileSync(control, 'latin1').trim().split(' ').includes(controller)) {
        writeFileSync(control, `+${controller}`);
      }
    } catch {
      return;
    }
  }
}
