/**
 * Which image an image file held when it was last read, so that the same file is not read again.
 *
 * A file counts as the same when device, inode, size, mtime and ctime are; ctime cannot be set back by a program.
 */
import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../image.ts';
import type { Reference } from '../reference.ts';
import { readRecord, writeRecord } from './json-file.ts';
import type { StoreLayout } from './layout.ts';

/** What was chosen from the file: by which selector, for which platform. */
export interface ArgumentChoice {
  readonly selector: string | null;
  readonly platform: string | null;
  readonly id: Digest;
  readonly names: readonly Reference[];
}

interface ArgumentRecord {
  readonly version: 1;
  readonly stamp: string;
  readonly choices: readonly ArgumentChoice[];
}

const shape = { stamp: 'string', choices: 'list' } as const;

const recordPath = (layout: StoreLayout, stats: BigIntStats): string =>
  join(layout.arguments, `${stats.dev.toString(16)}-${stats.ino.toString(16)}.json`);

/** Equal stamps: the file was not written in between. */
export const fileStamp = (stats: BigIntStats): string => `${stats.size}-${stats.mtimeNs}-${stats.ctimeNs}`;

/** The image this file held, or null when it is not known or the file has changed. */
export function recallArgument(
  layout: StoreLayout,
  stats: BigIntStats,
  asked: { readonly selector: string | null; readonly platform: string | null },
): ArgumentChoice | null {
  const record = readRecord<ArgumentRecord>(recordPath(layout, stats), 1, shape);
  if (record === null || record.stamp !== fileStamp(stats)) return null;
  return (
    record.choices.find((choice) => choice.selector === asked.selector && choice.platform === asked.platform) ?? null
  );
}

/** Timestamps move in ticks of up to 10 ms (CONFIG_HZ=100): a write in the same tick as the last one leaves no trace. */
const tickNs = 20_000_000n;

/**
 * Remembers what a file holds. `before` and `openedAtNs` (wall clock) are from before its first byte was read, `after` from
 * after the last: nothing is remembered of a file that changed meanwhile, or that was written so shortly before that a later
 * write could carry the same time.
 */
export function rememberArgument(
  layout: StoreLayout,
  seen: { readonly before: BigIntStats; readonly after: BigIntStats; readonly openedAtNs: bigint },
  choice: ArgumentChoice,
): void {
  const stamp = fileStamp(seen.before);
  if (stamp !== fileStamp(seen.after)) return;
  if (seen.before.ctimeNs > seen.openedAtNs - tickNs) return;
  const path = recordPath(layout, seen.before);
  const old = readRecord<ArgumentRecord>(path, 1, shape);
  const others = old?.stamp === stamp ? old.choices : [];
  const choices = others.filter((other) => other.selector !== choice.selector || other.platform !== choice.platform);
  writeRecord(layout, path, { version: 1, stamp, choices: [...choices, choice] } as ArgumentRecord);
}
