/** Calls of the OCI runtime as a client makes them: short, one after the other. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scratchPrefix } from '../support/home.ts';

export const tsrunOciPath = join(import.meta.dirname, '..', '..', 'bin', 'tsrun-oci');

export interface OciOutcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

export interface OciCall {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Another installation's. */
  readonly program?: string;
}

/**
 * Waits for the runtime alone: a created container goes on with its standard streams, so these are files here.
 *
 * @param root `--root`
 */
export function tsrunOci(root: string, args: readonly string[], settings: OciCall = {}): OciOutcome {
  const scratch = mkdtempSync(join(tmpdir(), scratchPrefix));
  const [out, err] = [join(scratch, 'out'), join(scratch, 'err')];
  const fds = [openSync(out, 'w'), openSync(err, 'w')];
  try {
    const { program = tsrunOciPath, ...rest } = settings;
    const { status } = spawnSync(program, ['--root', root, ...args], {
      ...rest,
      env: { ...process.env, ...settings.env },
      stdio: [settings.input === undefined ? 'ignore' : 'pipe', ...fds],
      // A test that hangs would make all others wait.
      timeout: 150_000,
    });
    return { stdout: readFileSync(out, 'utf8'), stderr: readFileSync(err, 'utf8'), status };
  } finally {
    for (const fd of fds) closeSync(fd);
    rmSync(scratch, { recursive: true });
  }
}
