/**
 * Notices that are worth saying once: a default of ours that this host cannot give will be missing from every container,
 * and a line above the output of each of them would only teach people not to read.
 */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../host/make-directory.ts';
import type { Paths } from '../host/paths.ts';
import { sha256Hex } from '../native/sha256.ts';
import { deviceRulesAsked } from './config/devices.ts';
import { limitsAsked } from './config/resources.ts';
import type { Prepared } from './prepare.ts';
import type { RunRequest } from './request/run-request.ts';

/** Whether this sentence has been said to a user of this store; remembers it. A store that cannot be written hears it again. */
export function saidBefore(paths: Paths, sentence: string): boolean {
  const directory = join(paths.store, 'cache', 'notices');
  const mark = join(directory, sha256Hex(sentence).slice(0, 16));
  if (existsSync(mark)) return true;
  try {
    makeDirectory(directory, 0o700);
    writeFileSync(mark, `${sentence}\n`);
  } catch {
    // A full disk or a read-only store will be told by what needs them.
  }
  return false;
}

/** What of a plan is not as it might be expected: what somebody asked for is said every time, what we would have liked, once. */
export function sayNotes(
  { notes }: Prepared,
  request: RunRequest,
  { paths, notice }: { readonly paths: Paths; notice(line: string): void },
): void {
  const insisted = limitsAsked(request) || deviceRulesAsked(request);
  for (const note of notes) if (insisted || !saidBefore(paths, note)) notice(note);
}
