/**
 * Appends to the file `events` in the state directory: one open, one write. Nobody is waited for: not a reader, not a lock.
 *
 * At its size `events` becomes `events.1`. Whoever does that holds the file's own lock and has looked that it still has its
 * name, so that of two writers one renames. A writer that had the old file open writes into that; readers look there too.
 */
import { closeSync, constants, fstatSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../host/make-directory.ts';
import { addon } from '../native/addon.ts';
import { encodeEvent, type NewEvent } from './event.ts';

export const eventsFile = (state: string): string => join(state, 'events');
export const olderEventsFile = (state: string): string => join(state, 'events.1');

/** Bytes; native/monitor/events.cc has the same number. */
const rotateAt = 2 ** 20;

const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;

/** An event that cannot be written is lost: what it tells of has happened all the same. */
export function recordEvents(state: string, events: readonly NewEvent[]): void {
  const now = Date.now();
  const text = events.map((event) => encodeEvent(event, now)).join('');
  try {
    append(state, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return;
    try {
      makeDirectory(state, 0o700);
      append(state, text);
    } catch {
      // As above.
    }
  }
}

function append(state: string, text: string): void {
  const path = eventsFile(state);
  // Non-blocking for what is no file: nothing may stop here.
  const fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    writeSync(fd, text);
    const { size, ino } = fstatSync(fd);
    if (size > rotateAt && addon().flock(fd, 'exclusive') && statSync(path).ino === ino) {
      renameSync(path, olderEventsFile(state));
    }
  } finally {
    closeSync(fd);
  }
}
