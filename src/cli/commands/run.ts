/** `tsrun run`: the shortest road from argv to a container. */
import { readFileSync } from 'node:fs';
import { type DetachKeys, defaultDetachKeys, parseDetachKeys } from '../../container/request/detach-keys.ts';
import { parseRunOptions } from '../../container/request/parse-run-options.ts';
import type { RunRequest } from '../../container/request/run-request.ts';
import { type RunContext, startContainer } from '../../container/run.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { ForegroundSignals } from '../../process/foreground-signals.ts';
import { inheritedStdio } from '../../process/inherited-stdio.ts';
import { parseArgv } from '../argv.ts';
import { exitCodeOfContainer } from '../exit-code.ts';
import { note, print } from '../output.ts';
import { progressDisplay } from '../progress.ts';
import { type RunVerb, runFlags, runHelp } from '../run-help.ts';
import { isOn, modeFrom, optionsFrom, type RunMode, spellOption } from '../run-line.ts';
import { unsupportedRunFlags, unsupportedRunLetters } from '../run-unsupported.ts';
import type { Session } from '../session.ts';

const table = (verb: RunVerb) => ({
  command: `tsrun ${verb}`,
  flags: runFlags,
  unsupported: unsupportedRunFlags,
  unsupportedLetters: unsupportedRunLetters,
});

/** @returns the exit code of the container */
export async function run(argv: readonly string[], session: Session): Promise<number> {
  const line = readRunLine('run', argv, session);
  if (line.type === 'help') return help('run', line.which);
  const { argument, request, mode, quiet } = line;
  const paths = session.paths();
  if (mode.type === 'dry-run') {
    return await (await import('../run-dry.ts')).dryRun(argument, request, { paths, quiet, format: mode.format });
  }
  const onStep = mode.type === 'explain' ? (await import('../run-explain.ts')).explainer(mode.format) : null;
  const how = { paths, quiet, onStep };
  if (request.detach) return await (await import('../run-detached.ts')).runDetached(argument, request, how);
  return await startAndWait(argument, request, { ...how, detachKeys: line.detachKeys });
}

/** A line of `run` or `create`, read. */
export type RunLine =
  | { readonly type: 'help'; readonly which: 'common' | 'all' }
  | {
      readonly type: 'run';
      readonly argument: string;
      readonly request: RunRequest;
      readonly mode: RunMode;
      readonly quiet: boolean;
      readonly detachKeys: DetachKeys;
    };

/** @throws TsrunError USAGE */
export function readRunLine(verb: RunVerb, argv: readonly string[], session: Session): RunLine {
  const parsed = parseArgv(argv, table(verb));
  session.adopt(parsed);
  if (isOn(parsed.values.get('help-all'), '--help-all')) return { type: 'help', which: 'all' };
  if (isOn(parsed.values.get('help'), '--help')) return { type: 'help', which: 'common' };
  const [argument, ...command] = parsed.rest;
  const mode = modeFrom(parsed);
  const request = parseRunOptions(optionsFrom(parsed, command), {
    spell: spellOption,
    cwd: currentDirectory(),
    uid: process.geteuid?.() ?? 0,
    env: process.env,
    readFile: readFileSync,
  });
  if (argument === undefined) {
    throw new TsrunError('WORDS', 'no image was given', {
      why: `tsrun ${verb} needs the image, after the flags`,
      hint: verb === 'run' ? 'tsrun run --rm -it alpine.tar sh' : 'tsrun create --name web web.tar',
    });
  }
  const keys = parsed.values.get('detach-keys')?.at(-1);
  const detachKeys = keys === undefined ? defaultDetachKeys : parseDetachKeys(keys, '--detach-keys');
  return { type: 'run', argument, request, mode, quiet: isOn(parsed.values.get('quiet'), '--quiet'), detachKeys };
}

/** @throws TsrunError USAGE */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new TsrunError('USAGE', 'cannot find the current directory', {
      why: 'it has been removed',
      hint: 'change to a directory that exists',
      cause,
    });
  }
}

async function startAndWait(
  argument: string,
  request: RunRequest,
  how: {
    readonly paths: Paths;
    readonly quiet: boolean;
    readonly onStep: RunContext['onStep'];
    readonly detachKeys: DetachKeys;
  },
): Promise<number> {
  const display = progressDisplay({ quiet: how.quiet });
  const notice = (line: string): void => {
    display.close();
    if (!how.quiet) note(`tsrun: ${line}`);
  };
  const signals = new ForegroundSignals(notice);
  const streams = inheritedStdio(request);
  try {
    const container = await startContainer(argument, request, {
      paths: how.paths,
      // A getter: making the stream starts to read, and only the argument - wants that.
      get stdin() {
        return process.stdin;
      },
      stdio: streams.stdio,
      onProgress: display.onProgress,
      signal: signals.signal,
      notice,
      onLaunch: (controls) =>
        signals.launched(controls, {
          proxy: request.signalProxy,
          stopTimeout: request.stopTimeout,
          terminal: request.terminal,
        }),
      onStep: how.onStep,
      detachKeys: how.detachKeys,
    });
    streams.handedOver();
    const exit = await container.exit;
    await streams.close();
    if (exit !== null) return exitCodeOfContainer(exit);
    if (!how.quiet) note(`tsrun: ${container.name} goes on without you; to come back: tsrun attach ${container.name}`);
    return 0;
  } finally {
    signals[Symbol.dispose]();
    display.close();
    await streams.close();
  }
}

export function help(verb: RunVerb, which: 'common' | 'all'): number {
  print(runHelp(verb, which));
  return 0;
}
