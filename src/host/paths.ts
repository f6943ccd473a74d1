/** Where tsrun keeps things. DESIGN: store for what lasts, state for what a reboot may take. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Two directories, absolute, mode 0700. */
export interface Paths {
  /** Blobs, layers, images, volumes. */
  readonly store: string;
  /** Containers, locks, sockets. */
  readonly state: string;
}

/** Where the overrides come from: `--store` and `--root`, then the environment, then the user's own default. */
export interface PathOverrides {
  readonly store: string | null;
  readonly state: string | null;
}

/**
 * Resolves both directories; creates nothing.
 *
 * @example pathsFor({ uid: 0, env: process.env, overrides: { store: null, state: null } })
 *   // { store: '/var/lib/tsrun', state: '/run/tsrun' }
 */
export function pathsFor(from: {
  readonly uid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly overrides: PathOverrides;
}): Paths {
  const { uid, env, overrides } = from;
  // An empty variable means unset: clients pass XDG_RUNTIME_DIR= as root.
  const variable = (name: string): string | null => env[name] || null;
  const data = variable('XDG_DATA_HOME') ?? join(variable('HOME') ?? homedir(), '.local', 'share');
  const runtime = variable('XDG_RUNTIME_DIR') ?? `/tmp/tsrun-${uid}`;
  const store = overrides.store ?? variable('TSRUN_STORE') ?? (uid === 0 ? '/var/lib/tsrun' : join(data, 'tsrun'));
  const state =
    overrides.state ??
    variable('TSRUN_ROOT') ??
    (uid === 0 ? '/run/tsrun' : variable('XDG_RUNTIME_DIR') ? join(runtime, 'tsrun') : runtime);
  return { store: resolve(store), state: resolve(state) };
}
