/** Limits of a live control group: written one by one, read back, and all put back when one is refused. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoText } from '../errors/errno-text.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { CgroupLimit } from './cgroup-limit.ts';
import { enableController } from './enable-controller.ts';
import { controllerOf } from './limits.ts';
import { standInFor } from './stand-in.ts';

/** Limits that are in force, until somebody thinks better of it. */
export interface WrittenLimits {
  /** Puts the files back to what they said before. */
  undo(): void;
}

/**
 * @param path directory of the group
 * @throws TsrunError LIMIT_UNAVAILABLE for the first limit that cannot be set; those before it are as they were, or the
 * error says which are not.
 */
export function writeLimits(path: string, limits: readonly CgroupLimit[]): WrittenLimits {
  const undo: CgroupLimit[] = [];
  for (const limit of inOrder(limits)) {
    const before = read(path, limit.file) ?? readEnabled(path, limit);
    if (before === null) {
      if (mayBeMissing(path, limit)) continue;
      throw failure(limit, 'the group has no such file: its controller is not enabled', undone(path, undo));
    }
    // The first limit that is refused leaves its own file alone.
    try {
      writeFileSync(join(path, limit.file), limit.value);
    } catch (cause) {
      const { errno = 0, code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOTSUP' && mayBeRefused(path, limit)) continue;
      throw failure(limit, `the kernel refuses it: ${errnoText(-errno)}`, undone(path, undo), cause);
    }
    undo.unshift(...restoring(limit, before));
    const after = read(path, limit.file) ?? '';
    if (limit.expect !== '' && !after.split('\n').includes(limit.expect)) {
      throw failure(limit, `the kernel holds "${after.trim()}" instead`, undone(path, undo));
    }
  }
  return { undo: () => void undone(path, undo) };
}

/**
 * A burst may never be above the quota, so the old one goes before the quota changes. A group that was idle takes a weight
 * only after it no longer is.
 */
function inOrder(limits: readonly CgroupLimit[]): readonly CgroupLimit[] {
  const first: CgroupLimit[] = [];
  if (limits.some(({ file }) => file === 'cpu.max.burst') && limits.some(({ file }) => file === 'cpu.max')) {
    first.push({ file: 'cpu.max.burst', value: '0', expect: '0', optional: true });
  }
  const isBusy = ({ file, value }: CgroupLimit): boolean => file === 'cpu.idle' && value === '0';
  return [...first, ...limits.filter(isBusy), ...limits.filter((limit) => !isBusy(limit))];
}

/** A container that was made without limits has the files of no controller. */
function readEnabled(path: string, { file, value }: CgroupLimit): string | null {
  if (value === 'max') return null;
  enableController(path, controllerOf(file));
  return read(path, file);
}

function mayBeMissing(path: string, { file, value, optional }: CgroupLimit): boolean {
  const other = standInFor(file);
  return optional || value === 'max' || (other !== null && read(path, other) !== null);
}

/** The weight of a disk that io.cost, or BFQ, does not serve: the other of the two may. The optional one is written first. */
function mayBeRefused(path: string, { file, value, optional }: CgroupLimit): boolean {
  const other = standInFor(file);
  const disk = /^(\d+:\d+) /.exec(value)?.[1];
  if (other === null || disk === undefined) return false;
  return (
    optional ||
    (read(path, other)
      ?.split('\n')
      .some((line) => line.startsWith(`${disk} `)) ??
      false)
  );
}

/** The writes that bring a file back to what it said. */
function restoring({ file, value }: CgroupLimit, before: string): readonly CgroupLimit[] {
  const as = (line: string): CgroupLimit => ({ file, value: line, expect: '', optional: true });
  const disk = /^(\d+:\d+|default) /.exec(value)?.[1];
  // The file has a line for each disk, and this write changed one of them.
  if (disk !== undefined) {
    const line = before.split('\n').find((each) => each.startsWith(`${disk} `));
    if (line !== undefined) return [as(line)];
    return [as(file === 'io.max' ? `${disk} rbps=max wbps=max riops=max wiops=max` : `${disk} default`)];
  }
  return [as(before.trim() === '' ? '\n' : before.trim())];
}

/** What could not be put back, a sentence; '' is the usual case. */
function undone(path: string, undo: readonly CgroupLimit[]): string {
  const stuck = undo.filter(({ file, value }) => {
    try {
      writeFileSync(join(path, file), value);
      return false;
    } catch {
      return true;
    }
  });
  return stuck.map(({ file, value }) => `; ${file} could not be put back to "${value.trim()}"`).join('');
}

function read(path: string, file: string): string | null {
  try {
    return readFileSync(join(path, file), 'latin1');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
}

function failure({ file, value }: CgroupLimit, why: string, left: string, cause?: unknown): TsrunError {
  return new TsrunError('LIMIT_UNAVAILABLE', `cannot set the limit ${file} to "${value}"`, {
    why: `${why}${left}`,
    hint: left === '' ? 'nothing was changed' : 'look at the files of the group; they are a mixture now',
    cause,
  });
}
