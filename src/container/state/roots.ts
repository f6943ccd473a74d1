/** Where OCI containers are kept. native/oci/container.cc says the same in C++. */
import { join, resolve } from 'node:path';

/**
 * @param asked `--root`, or null for the default
 * @example ociRoot({ asked: null, uid: 0, env: {} }) // '/run/tsrun/oci'
 */
export function ociRoot(from: {
  readonly asked: string | null;
  readonly uid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly inUserNamespace: () => boolean;
}): string {
  const { asked, uid, env } = from;
  if (asked !== null && asked !== '') return resolve(asked);
  if (env['TSRUN_ROOT']) return resolve(env['TSRUN_ROOT'], 'oci');
  // An empty variable means unset: clients pass XDG_RUNTIME_DIR= as root.
  const runtime = env['XDG_RUNTIME_DIR'] ?? '';
  // Rootless podman calls its runtime as uid 0 of its own user namespace, where /run is the host's.
  if (uid === 0 && (runtime === '' || !from.inUserNamespace())) return '/run/tsrun/oci';
  return runtime === '' ? `/tmp/tsrun-${uid}/oci` : join(runtime, 'tsrun', 'oci');
}
