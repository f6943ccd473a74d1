/** `tsrun stop CONTAINER...`. */
import type { Command } from 'commander';
import { stopKept } from '../../container/kept/stop-kept.ts';
import type { CommandContext } from '../command-table.ts';
import { eachContainer } from '../each-container.ts';
import { addStopFlags, type StopFlags, stopHow } from '../stop-flags.ts';

export function define(command: Command, { session }: CommandContext): void {
  addStopFlags(command).action(async (words: readonly string[], flags: StopFlags) => {
    const paths = session.paths();
    await eachContainer(paths, words, async (container, word) => {
      await stopKept(paths, container, stopHow(container, flags));
      return word;
    });
  });
}
