/** What a container uses: the answers of `events`, in runc's shape for cgroup v2. */
import { followOomKills } from '../../cgroup/oom-events.ts';
import { jsonWithBigints } from '../../cgroup/stats/json.ts';
import { cgroupStats } from '../../cgroup/stats/stats.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { openContainer } from '../state/oci-directory.ts';

/** One line of JSON. @throws TsrunError when the container does not run, or has no control group */
export function statisticsLine(root: string, id: string): string {
  return jsonWithBigints({ type: 'stats', id, data: cgroupStats(runningGroup(root, id)) });
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
    const follower = watchKills(group, id, print, () => end());
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

function runningGroup(root: string, text: string): string {
  const { id, state, status } = openContainer(root, text);
  const what = `cannot read the statistics of container "${id}"`;
  if (status === 'stopped') throw new TsrunError('USAGE', what, { why: 'container not running' });
  if (state.cgroup === null)
    throw new TsrunError('HOST_UNSUPPORTED', what, { why: 'it has no control group of its own' });
  return state.cgroup;
}
