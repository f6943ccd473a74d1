/** The counters of a control group that say what was in a container's way: of a living one, or as its monitor left them. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Files by their names; those of a controller that the group does not have are missing. */
export type GroupTexts = ReadonlyMap<string, string>;

const names = ['memory.events', 'memory.peak', 'memory.max', 'cpu.max', 'cpu.stat', 'pids.events', 'pids.max'];

/** Of a group that lives. */
export function liveCounts(cgroup: string | null): GroupTexts {
  if (cgroup === null) return new Map();
  return new Map(
    names.flatMap((name) => {
      try {
        return [[name, readFileSync(join(cgroup, name), 'latin1')] as const];
      } catch {
        return [];
      }
    }),
  );
}

/**
 * The file `group`, native/monitor/record.cc.
 *
 * @param since RFC 3339: an older one is of a run before; null: not known
 */
export function lastCounts(directory: string, since: string | null): GroupTexts {
  const path = join(directory, 'group');
  try {
    if (since !== null && statSync(path).mtimeMs < Date.parse(since)) return new Map();
    return parseCounts(readFileSync(path, 'latin1'));
  } catch {
    return new Map();
  }
}

/** `# NAME` and the file's lines. */
export function parseCounts(text: string): GroupTexts {
  const parts = text.split(/^# (\S+)\n/m).slice(1);
  return new Map(parts.flatMap((part, at) => (at % 2 === 0 ? [[part, parts[at + 1] ?? ''] as const] : [])));
}

/** A line `KEY NUMBER` of a file; null: no such file, or no such line. */
export function countOf(texts: GroupTexts, file: string, key: string): number | null {
  const text = texts.get(file);
  const value = text === undefined ? undefined : new RegExp(`^${key} (\\d+)$`, 'm').exec(text)?.[1];
  return value === undefined ? null : Number(value);
}

/** A file of one number; null: no such file, or `max`. */
export function numberOf(texts: GroupTexts, file: string): number | null {
  const text = texts.get(file)?.trim() ?? '';
  return /^\d+$/.test(text) ? Number(text) : null;
}
