/** What a container uses: the answers of `events`, in runc's shape for cgroup v2. */
import { followOomKills } from '../../cgroup/oom-events.ts';
import { jsonWithBigints } from '../../cgroup/stats/json.ts';
import { cgroupStats } from '../../cgroup/stats/stats.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { openContainer } from '../state/oci-directory.ts';

/**
 * One line of JSON. A container without a control group of its own (an ordinary user's, where none is delegated) has an empty `data`: as with
 * runc it is no error to ask, and nothing is known. runc writes zeros there.
 *
 * @throws TsrunError when the container does not run
 */
export function statisticsLine(root: string, id: string): string {
  const group = runningGroup(root, id);
  return jsonWithBigints({ type: 'stats', id, data: group === null ? {} : cgroupStats(group) });
}

/**
 * Statistics every so many milliseconds, and a line for each time the kernel kills for want of memory, until the
 * container ends.
 */
export async function followStatistics(
  root: string,
  id: string,
  interval: number,
  print: (line: string) => void,
): Promise<void> {
  const group = runningGroup(root, id);
  await new Promise<void>((resolve) => {
    const show = (): void => {
      try {
        print(statisticsLine(root, id));
      } catch (error) {
        if (!(error instanceof TsrunError)) throw error;
        end();
      }
    };
    const timer = setInterval(show, interval);
    const follower = group === null ? null : watchKills(group, id, print, () => end());
    const end = (): void => {
      clearInterval(timer);
      follower?.close();
      resolve();
    };
  });
}

/** null: the memory controller is not enabled in the group, and nothing is killed for its limit. */
function watchKills(
  group: string,
  id: string,
  print: (line: string) => void,
  end: () => void,
): { close(): void } | null {
  try {
    return followOomKills(group, { killed: () => print(JSON.stringify({ type: 'oom', id })), ended: end });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** null: it has none of its own. */
function runningGroup(root: string, text: string): string | null {
  const { id, state, status } = openContainer(root, text);
  if (status === 'stopped') {
    throw new TsrunError('USAGE', `cannot read the statistics of container "${id}"`, { why: 'container not running' });
  }
  return state.cgroup;
}
