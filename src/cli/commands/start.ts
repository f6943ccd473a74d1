/** `tsrun start CONTAINER...`. */
import type { Command } from 'commander';
import { findKept } from '../../container/kept/kept-container.ts';
import { startKept } from '../../container/kept/start-kept.ts';
import { defaultDetachKeys, parseDetachKeys } from '../../container/request/detach-keys.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { CommandContext } from '../command-table.ts';
import { eachContainer } from '../each-container.ts';
import { foregroundContext } from '../foreground-context.ts';

interface Flags {
  readonly attach?: boolean;
  readonly interactive?: boolean;
  readonly detachKeys?: string;
}

export function define(command: Command, { session, exit }: CommandContext): void {
  command
    .argument('<container...>', 'names or ids')
    .option('-a, --attach', 'show what it prints, and wait for its end')
    .option('-i, --interactive', 'as -a, and pass standard input on')
    .option('--detach-keys <keys>', 'the keys that leave it running (ctrl-p,ctrl-q)')
    .action(async (words: readonly string[], flags: Flags) => {
      const paths = session.paths();
      if (flags.attach === true || flags.interactive === true) {
        const [word = '', ...more] = words;
        if (more.length > 0) {
          throw new TsrunError('USAGE', 'cannot start several containers and attach to them', {
            why: 'there is one terminal here',
            hint: 'start them without -a and -i, and attach to one',
          });
        }
        const detachKeys =
          flags.detachKeys === undefined ? defaultDetachKeys : parseDetachKeys(flags.detachKeys, '--detach-keys');
        const { startHere } = await import('../start-here.ts');
        exit(await startHere(paths, findKept(paths, word), { interactive: flags.interactive === true, detachKeys }));
        return;
      }
      using context = foregroundContext({ paths, quiet: false, onStep: null, afterLaunch: 'detaches' });
      await eachContainer(paths, words, async (container, word) => {
        await startKept(container, { type: 'background' }, context);
        return word;
      });
    });
}
