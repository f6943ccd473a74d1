/** Calls a plugin: cni/SPEC.md, section 2. */
import { spawn } from 'node:child_process';
import type { CniVerb } from './invocation.ts';
import { type CniError, parseError } from './result.ts';

export type PluginOutcome =
  | { readonly type: 'done'; readonly output: string }
  | { readonly type: 'failed'; readonly error: CniError };

/** More than that is no document. */
const mostOutput = 1024 * 1024;

/** Plugins ask the network, dhcp for example. One that waits for ever would keep every command from clearing up. */
const patience = 120_000;

export function runPlugin(
  program: string,
  verb: CniVerb,
  environment: Readonly<Record<string, string>>,
  input: string,
): Promise<PluginOutcome> {
  return new Promise((resolve) => {
    const fail = (words: string): void => resolve({ type: 'failed', error: { code: null, words } });
    const child = spawn(program, [], {
      stdio: 'pipe',
      // PATH and the rest are the caller's: plugins call iptables.
      env: { ...process.env, ...environment, CNI_COMMAND: verb },
      // Ctrl-C at the terminal is for us: half of a network is worse than a moment's wait.
      detached: true,
    });
    const said = { out: '', err: '' };
    for (const key of ['out', 'err'] as const) {
      child[`std${key}`].setEncoding('utf8').on('data', (text: string) => {
        if (said[key].length < mostOutput) said[key] += text;
      });
    }
    // Whoever does not read to the end says why in the answer.
    child.stdin.on('error', () => undefined).end(input);
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`it has not answered for ${patience / 1000} seconds`);
    }, patience);
    child.once('error', (error) => {
      clearTimeout(timer);
      fail(`it cannot be executed: ${error.message}`);
    });
    child.once('close', (status, signal) => {
      clearTimeout(timer);
      if (status === 0) return resolve({ type: 'done', output: said.out });
      resolve({
        type: 'failed',
        error: parseError(said, signal === null ? `status ${status}` : `signal ${signal}`),
      });
    });
  });
}
