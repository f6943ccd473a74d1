/** Who lives in a control group. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The ids of all processes in the group and in those below it, ascending; empty when the group is gone. They are ids of
 * the caller's pid namespace; processes outside of it, which read as 0, are left out.
 *
 * @param path directory of the group
 */
export function cgroupProcesses(path: string): readonly number[] {
  const found = new Set<number>();
  collect(path, found);
  found.delete(0);
  return [...found].sort((a, b) => a - b);
}

function collect(path: string, found: Set<number>): void {
  for (const line of lines(join(path, 'cgroup.procs'))) found.add(Number(line));
  for (const child of childGroups(path)) collect(join(path, child), found);
}

function lines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'latin1').split('\n').filter(Boolean);
  } catch (cause) {
    // ENODEV: removed while it was open. EOPNOTSUPP: a threaded group, whose processes its domain lists.
    if (isOneOf(cause, ['ENOENT', 'ENODEV', 'ENOTSUP', 'EOPNOTSUPP'])) return [];
    throw cause;
  }
}

/** The names of the groups right below; none when the group is gone. */
export function childGroups(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (cause) {
    if (isOneOf(cause, ['ENOENT', 'ENODEV'])) return [];
    throw cause;
  }
}

const isOneOf = (cause: unknown, codes: readonly string[]): boolean =>
  codes.includes((cause as NodeJS.ErrnoException).code ?? '');
