/** What the monitor of a kept container executes at its end. */
import { basename } from 'node:path';
import { launcher } from '../../host/launcher.ts';
import type { Paths } from '../../host/paths.ts';
import type { MonitorRecord } from '../../native/launch-header.ts';
import type { KeptRecord } from './kept-record.ts';

/** What a command of ours looks at: programs, the user's directories and systemd, and how strict limits are. */
const variables = ['HOME', 'XDG_RUNTIME_DIR', 'XDG_DATA_HOME', 'DBUS_SESSION_BUS_ADDRESS', 'TSRUN_LIMITS'] as const;

/** `rm` for a container of `--rm`; for others `start`, should the policy of `--restart` want it: it may yet be changed. */
export function epilogueFor(
  kept: KeptRecord,
  path: string,
  paths: Paths,
): Pick<MonitorRecord, 'epilogue' | 'epilogueEnv' | 'epilogueWhen'> {
  const { node, script } = launcher();
  const verb = kept.removal === 'at-end' ? ['rm'] : ['start', '--by-policy'];
  return {
    epilogue: [node, '--', script, '--store', paths.store, '--root', paths.state, ...verb, basename(path)],
    epilogueEnv: [
      // newuidmap is looked for in PATH.
      `PATH=${process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin'}`,
      ...variables.flatMap((name) => (process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`])),
    ],
    epilogueWhen: kept.removal === 'at-end' ? 'ended' : 'restart',
  };
}
