/** `tsrun wait CONTAINER...`: the exit codes, each when its container has ended. */
import type { Command } from 'commander';
import { exitCodeOfEnd } from '../../container/kept/monitor-files.ts';
import { waitCondition, waitConditions } from '../../container/kept/wait-condition.ts';
import { parseOneOf } from '../../container/request/one-of.ts';
import type { CommandContext } from '../command-table.ts';
import { eachContainer } from '../each-container.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<container...>', 'names or ids')
    .option('--condition <condition>', `${waitConditions.join(', ')}; printed is -1 for one that lives`, 'stopped')
    .action(async (words: readonly string[], flags: { readonly condition: string }) => {
      const paths = session.paths();
      const condition = parseOneOf(flags.condition, waitConditions, '--condition');
      await eachContainer(paths, words, async (container) =>
        String(await waitCondition(paths, container, condition, exitCodeOfEnd)),
      );
    });
}
