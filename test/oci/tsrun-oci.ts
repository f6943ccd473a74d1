/** Calls of the OCI runtime as a client makes them: short, one after the other. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export const tsrunOciPath = join(import.meta.dirname, '..', '..', 'bin', 'tsrun-oci');

export interface OciOutcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

/** @param root `--root` */
export function tsrunOci(
  root: string,
  args: readonly string[],
  settings: { readonly input?: string; readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): OciOutcome {
  const { stdout, stderr, status } = spawnSync(tsrunOciPath, ['--root', root, ...args], {
    encoding: 'utf8',
    ...settings,
    env: { ...process.env, ...settings.env },
  });
  return { stdout, stderr, status };
}
