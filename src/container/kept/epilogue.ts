/** What the monitor of a kept container executes at its end. */
import { basename } from 'node:path';
import { launcher } from '../../host/launcher.ts';
import type { Paths } from '../../host/paths.ts';
import type { MonitorRecord } from '../../native/plan-codec.ts';
import type { KeptRecord } from './kept-record.ts';

/** `--rm` alone needs one: everything else is the next command's to find. */
export function epilogueFor(
  kept: KeptRecord,
  path: string,
  paths: Paths,
): Pick<MonitorRecord, 'epilogue' | 'epilogueEnv'> {
  if (kept.removal === 'by-hand') return { epilogue: [], epilogueEnv: [] };
  const { node, script } = launcher();
  return {
    epilogue: [node, '--', script, '--store', paths.store, '--root', paths.state, 'rm', basename(path)],
    // newuidmap is looked for in PATH.
    epilogueEnv: [`PATH=${process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin'}`],
  };
}
