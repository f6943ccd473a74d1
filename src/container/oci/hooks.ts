/**
 * Hooks in the runtime's namespaces, runtime-spec config.md#posix-platform-hooks: prestart and createRuntime before the
 * command runs, poststart and poststop after something happened.
 */
import { spawn } from 'node:child_process';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { addon } from '../../native/addon.ts';
import type { OciConfig, OciHook } from '../../oci/config.ts';
import { whenPatienceEnds } from '../../process/patience.ts';

export type RuntimeHookKind = 'prestart' | 'createRuntime' | 'poststart' | 'poststop';

export interface HookRun {
  readonly kind: RuntimeHookKind;
  readonly hooks: readonly OciHook[];
  /** The container's state as JSON, for standard input. */
  readonly state: string;
  /** Directory the hooks start in: the bundle. */
  readonly directory: string;
}

/** What of a hook's complaints is quoted. */
const quoted = 1000;

/**
 * Runs them one after the other, in the order given.
 *
 * @throws TsrunError STEP_FAILED for the first that fails; the ones behind it do not run
 */
async function runHooks(run: HookRun): Promise<void> {
  for (const [index, hook] of run.hooks.entries()) {
    const why = await runHook(hook, run);
    if (why !== null) throw hookError(run.kind, index, hook, why);
  }
}

/**
 * Those between the namespaces and the command. `prestart`, deprecated, is called at create but was defined for the start:
 * its hooks read "created", as crun has it and the validation suite of runtime-tools asks for.
 *
 * @throws TsrunError STEP_FAILED for the first that fails
 */
export async function runCreationHooks(
  hooks: NonNullable<OciConfig['hooks']>,
  stateWith: (status: 'creating' | 'created') => string,
  directory: string,
): Promise<void> {
  const { prestart = [], createRuntime = [] } = hooks;
  await runHooks({ kind: 'prestart', hooks: prestart, state: stateWith('created'), directory });
  await runHooks({ kind: 'createRuntime', hooks: createRuntime, state: stateWith('creating'), directory });
}

/**
 * Those behind the start of the command.
 *
 * @throws TsrunError STEP_FAILED for the first that fails: the container is to end (runtime-spec 1.3; runc has always done so)
 */
export const runPoststartHooks = (hooks: readonly OciHook[], state: string, directory: string): Promise<void> =>
  runHooks({ kind: 'poststart', hooks, state, directory });

/** Runs all of them; what fails is told and changes nothing. */
export async function runHooksWarning(run: HookRun, warn: (line: string) => void): Promise<void> {
  for (const [index, hook] of run.hooks.entries()) {
    const why = await runHook(hook, run);
    if (why === null) continue;
    const error = hookError(run.kind, index, hook, why);
    warn(`${error.message}: ${why}`);
  }
}

const hookError = (kind: RuntimeHookKind, index: number, hook: OciHook, why: string): TsrunError =>
  new TsrunError('STEP_FAILED', `the ${kind} hook number ${index} (${hook.path}) failed`, { why });

/** null: it did what it should; else why not. */
function runHook(hook: OciHook, { state, directory }: HookRun): Promise<string | null> {
  return new Promise((resolve) => {
    // A client's own descriptors are none of a hook's business; spawn would hand them on.
    addon().closeInheritedOnExec();
    const [name = hook.path, ...args] = hook.args ?? [];
    const child = spawn(hook.path, args, {
      argv0: name,
      cwd: directory,
      // As in execve(2): what the hook is not given it has not.
      env: environment(hook.env ?? []),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-quoted);
      });
    }
    let late = false;
    const timer =
      hook.timeout === undefined
        ? null
        : whenPatienceEnds(hook.timeout * 1000, () => {
            late = true;
            child.kill('SIGKILL');
          });
    const done = (why: string | null): void => {
      if (timer !== null) clearTimeout(timer);
      // A process it has left behind may hold them: the hook itself has ended.
      child.stdout.destroy();
      child.stderr.destroy();
      const words = said.trim();
      resolve(why === null || words === '' ? why : `${why}; it said: ${words}`);
    };
    child.once('error', (error: NodeJS.ErrnoException) => done(`executing it failed: ${error.code ?? error.message}`));
    // What it has written lies in the pipes by then; one turn of the event loop reads it.
    child.once('exit', (code, signal) => {
      setImmediate(() => {
        if (late) done(`it did not end within ${hook.timeout} seconds`);
        else if (signal !== null) done(`it was killed by ${signal}`);
        else done(code === 0 ? null : `it exited with status ${code}`);
      });
    });
    // EPIPE: one that does not read its standard input is fine.
    child.stdin.on('error', () => {});
    child.stdin.end(state);
  });
}

/** NAME=VALUE lines; of two with one name the last counts, as in Node's own. */
function environment(lines: readonly string[]): Record<string, string> {
  const env: Record<string, string> = {};
  for (const line of lines) {
    const equals = line.indexOf('=');
    if (equals > 0) env[line.slice(0, equals)] = line.slice(equals + 1);
  }
  return env;
}
