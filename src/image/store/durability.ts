/**
 * What a power cut cannot take any more.
 *
 * The kernel writes files to the disk half a minute after they were written, in no order: after a power cut a record may be there and
 * the files it calls complete may be empty. So a record says in which boot it was written, and when; it is believed in that boot, and
 * later only if a sync of the filesystem that began after that moment has come to its end. Nobody waits for that sync.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { bootId } from '../../host/boot-id.ts';
import { nativeArtefact } from '../../host/helper.ts';
import { readRecord, type Versioned } from './json-file.ts';
import type { StoreLayout } from './layout.ts';

/** A moment of one boot. */
export interface Moment {
  readonly boot: string;
  /** Nanoseconds of CLOCK_MONOTONIC, decimal. */
  readonly at: string;
}

interface SyncRecord extends Versioned {
  /** Everything written before is on the disk. */
  readonly until: string;
}

export const presentMoment = (): Moment => ({ boot: bootId(), at: String(process.hrtime.bigint()) });

const syncPath = (layout: StoreLayout, boot: string): string => join(layout.synced, `${boot}.json`);

/** Whether what was written before `moment` is to be believed now. null: written before records had a moment. */
export function isBelievable(layout: StoreLayout, moment: Moment | null): boolean {
  if (moment === null || moment.boot === bootId()) return true;
  const record = readRecord<SyncRecord>(syncPath(layout, moment.boot), 1, { until: 'string' });
  return record !== null && BigInt(record.until) >= BigInt(moment.at);
}

/**
 * Has the store's filesystem synced by a process of its own, which outlives us and then leaves word. When it is killed, or fails, there is no
 * word, and what was written is made anew after the next boot. Nobody waits: this process may end before.
 */
export function startSync(layout: StoreLayout): void {
  syncProcess(layout).unref();
}

/** The same, resolved when it has ended, in whatever way. */
export function syncStore(layout: StoreLayout): Promise<void> {
  const child = syncProcess(layout);
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
}

function syncProcess(layout: StoreLayout): ChildProcess {
  const { boot, at } = presentMoment();
  const record: SyncRecord = { version: 1, until: at };
  const arguments_ = ['sync', layout.root, syncPath(layout, boot), `${JSON.stringify(record)}\n`];
  const child = spawn(nativeArtefact('tsrun-init'), arguments_, { stdio: 'ignore', detached: true, env: {}, cwd: '/' });
  // What was not synced is made anew: no reason to fail.
  child.on('error', () => {});
  return child;
}
