/** Some processes as the machine's own ps(1) shows them. */
import { spawnSync } from 'node:child_process';
import { TsrunError } from '../errors/tsrun-error.ts';

/**
 * Its lines about these processes, and its headings.
 *
 * @throws TsrunError HOST_UNSUPPORTED, USAGE when the options leave out the column that tells the processes apart
 */
export function psTable(pids: readonly number[], options: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync('ps', options, { encoding: 'utf8' });
  if (status !== 0)
    throw new TsrunError('HOST_UNSUPPORTED', 'cannot run ps', { why: stderr?.trim() || 'it is not in PATH' });
  const [heading = '', ...lines] = stdout.split('\n');
  const column = heading.trim().split(/\s+/).indexOf('PID');
  if (column === -1)
    throw new TsrunError('USAGE', 'cannot use these options of ps', { why: 'they leave the PID column out' });
  const wanted = new Set(pids);
  const isWanted = (line: string): boolean => wanted.has(Number(line.trim().split(/\s+/)[column]));
  return [heading, ...lines.filter(isWanted)].join('\n');
}
