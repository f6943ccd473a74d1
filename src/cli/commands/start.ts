/** `tsrun start CONTAINER...`. */
import { type Command, Option } from 'commander';
import { findKept } from '../../container/kept/find-kept.ts';
import type { KeptContainer } from '../../container/kept/kept-container.ts';
import { writeRestartError } from '../../container/kept/restart-files.ts';
import { stoppedContainers } from '../../container/kept/start-all.ts';
import { type StartContext, startKept } from '../../container/kept/start-kept.ts';
import { defaultDetachKeys, parseDetachKeys } from '../../container/request/detach-keys.ts';
import { parseOneOf } from '../../container/request/one-of.ts';
import { restartPolicies } from '../../container/request/restart.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { CommandContext } from '../command-table.ts';
import { eachContainer } from '../each-container.ts';
import { foregroundContext } from '../foreground-context.ts';
import type { startHere as StartHere } from '../start-here.ts';

type Policy = (typeof restartPolicies)[number];

interface Flags {
  readonly attach?: boolean;
  readonly interactive?: boolean;
  readonly detachKeys?: string;
  readonly all?: boolean;
  readonly restartPolicy?: readonly Policy[];
  readonly byPolicy?: boolean;
}

export function define(command: Command, { session, exit }: CommandContext): void {
  command
    .argument('[container...]', 'names or ids')
    .option('-a, --attach', 'show what it prints, and wait for its end')
    .option('-i, --interactive', 'as -a, and pass standard input on')
    .option('--detach-keys <keys>', 'the keys that leave it running (ctrl-p,ctrl-q)')
    .option('--all', 'all that do not run')
    .option(
      '--restart-policy <policy>',
      'with --all: those that have this policy and would have been started again by it; may be given several times',
      append,
    )
    // What a monitor becomes.
    .addOption(new Option('--by-policy').hideHelp())
    .action(async (words: readonly string[], flags: Flags) => {
      const paths = session.paths();
      const { all = false, restartPolicy = null, byPolicy = false } = flags;
      if (all === words.length > 0 || (restartPolicy !== null && !all)) throw whichOnes(all);
      if (flags.attach === true || flags.interactive === true) {
        const [word = '', ...more] = words;
        if (more.length > 0 || all) {
          throw new TsrunError('USAGE', 'cannot start several containers and attach to them', {
            why: 'there is one terminal here',
            hint: 'start them without -a and -i, and attach to one',
          });
        }
        const detachKeys =
          flags.detachKeys === undefined ? defaultDetachKeys : parseDetachKeys(flags.detachKeys, '--detach-keys');
        exit(await attached(paths, findKept(paths, word), { interactive: flags.interactive === true, detachKeys }));
        return;
      }
      using context = foregroundContext({ paths, quiet: false, onStep: null, afterLaunch: 'detaches' });
      const chosen = all ? (await stoppedContainers(paths, restartPolicy)).map(({ id }) => id) : words;
      await eachContainer(paths, chosen, async (container, word) => {
        if (byPolicy) await startAgain(container, context);
        else await startKept(container, { type: 'background' }, context);
        return all ? container.name : word;
      });
    });
}

const whichOnes = (all: boolean): TsrunError =>
  new TsrunError('USAGE', 'cannot tell which containers to start', {
    why: all ? '--all and names were given' : 'no container was named',
    hint: 'write tsrun start web, or tsrun start --all --restart-policy always',
  });

/** Nobody reads what this command prints: what kept it is for `inspect`. */
/** Loaded here: most starts are in the background. */
async function attached(...args: Parameters<typeof StartHere>): ReturnType<typeof StartHere> {
  return await (await import('../start-here.ts')).startHere(...args);
}

async function startAgain(container: KeptContainer, context: StartContext): Promise<void> {
  try {
    await startKept(container, { type: 'background' }, context, 'policy');
  } catch (error) {
    if (error instanceof TsrunError && error.code !== 'CONTAINER_NOT_FOUND') {
      writeRestartError(container.path, [error.message, error.why].filter((part) => part !== undefined).join(': '));
    }
    throw error;
  }
}

const append = (value: string, before: readonly Policy[] | undefined): readonly Policy[] => [
  ...(before ?? []),
  parseOneOf(value, restartPolicies, '--restart-policy'),
];
