/** Programs that keep credentials: docker-credential-NAME, github.com/docker/docker-credential-helpers. */
import { spawn } from 'node:child_process';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import type { Credentials } from './credentials.ts';

const maxOutput = 1024 * 1024;

/** A helper in PATH. */
export type HelperName = string & { readonly __brand: 'HelperName' };

/** The helper that a file names; null: none. It becomes the name of a program and must be nothing else. */
export const helperName = (value: unknown): HelperName | null =>
  typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(value) ? (value as HelperName) : null;

/** null: it has none for this registry. */
export async function askHelper(helper: HelperName, key: string): Promise<Credentials | null> {
  const { status, output } = await runHelper(helper, 'get', key);
  if (status !== 0) {
    if (/credentials not found/i.test(output)) return null;
    throw failed(helper, output.trim() || `it ended with status ${status}`);
  }
  try {
    const { Username, Secret } = JSON.parse(output) as Record<string, unknown>;
    if (typeof Secret !== 'string' || typeof Username !== 'string') throw new TypeError('no credentials');
    if (Secret === '') return null;
    return Username === '<token>'
      ? { type: 'identity-token', token: Secret }
      : { type: 'password', user: Username, password: Secret };
  } catch {
    throw failed(helper, 'what it says is no credentials');
  }
}

export async function tellHelper(helper: HelperName, key: string, user: string, password: string): Promise<void> {
  const input = JSON.stringify({ ServerURL: key, Username: user, Secret: password });
  const { status, output } = await runHelper(helper, 'store', input);
  if (status !== 0) throw failed(helper, output.trim() || `it ended with status ${status}`);
}

/** @returns whether it had any */
export async function eraseFromHelper(helper: HelperName, key: string): Promise<boolean> {
  const { status, output } = await runHelper(helper, 'erase', key);
  if (status === 0) return true;
  if (/credentials not found/i.test(output)) return false;
  throw failed(helper, output.trim() || `it ended with status ${status}`);
}

/** What goes wrong is said on standard output. Its errors go where ours go: it may have to ask for something. */
function runHelper(
  helper: HelperName,
  verb: 'get' | 'store' | 'erase',
  input: string,
): Promise<{ readonly status: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(`docker-credential-${helper}`, [verb], { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < maxOutput) output += text;
    });
    // Whoever does not read to the end says so with its status.
    child.stdin.on('error', () => undefined).end(input);
    child.once('error', (error) => reject(failed(helper, error.message)));
    child.once('close', (status) => resolve({ status, output }));
  });
}

const failed = (helper: HelperName, why: string): TsrunError =>
  new TsrunError('REGISTRY_DENIED', `cannot use the credential helper "docker-credential-${helper}"`, {
    why,
    hint: 'it is named in the file with your credentials: install it, or take it out there (credsStore, credHelpers)',
  });
