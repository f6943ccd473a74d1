/** `tsrun restart CONTAINER...`. */
import type { Command } from 'commander';
import { containerEvents } from '../../container/container-events.ts';
import { findKept } from '../../container/kept/find-kept.ts';
import { actorOf } from '../../container/kept/kept-container.ts';
import { startKept } from '../../container/kept/start-kept.ts';
import { stopKept } from '../../container/kept/stop-kept.ts';
import type { CommandContext } from '../command-table.ts';
import { eachContainer } from '../each-container.ts';
import { foregroundContext } from '../foreground-context.ts';
import { addStopFlags, type StopFlags, stopHow } from '../stop-flags.ts';

export function define(command: Command, { session }: CommandContext): void {
  addStopFlags(command).action(async (words: readonly string[], flags: StopFlags) => {
    const paths = session.paths();
    using context = foregroundContext({ paths, quiet: false, onStep: null, afterLaunch: 'detaches' });
    await eachContainer(paths, words, async (container, word) => {
      await stopKept(paths, container, stopHow(container, flags));
      await startKept(findKept(paths, container.id), { type: 'background' }, context);
      containerEvents(paths, actorOf(container), ['restart']);
      return word;
    });
  });
}
