/** `tsrun export CONTAINER`. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { exportTo, exportToFile } from '../../container/files/export.ts';
import { findKept } from '../../container/kept/find-kept.ts';
import { ForegroundSignals } from '../../process/foreground-signals.ts';
import type { CommandContext } from '../command-table.ts';
import { note } from '../output.ts';
import { refuseTerminal } from '../refuse-terminal.ts';

interface Flags {
  readonly output?: string;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<container>', 'name or id')
    .option('-o, --output <file>', 'write to this file, instead of standard output')
    .action(async (word: string, { output }: Flags) => {
      const paths = session.paths();
      const container = findKept(paths, word);
      if (output === undefined) refuseTerminal('write the archive to it', `tsrun export -o FILE ${word}`);
      const interrupted = new ForegroundSignals(note);
      try {
        const context = { paths, signal: interrupted.signal };
        const leftOut =
          output === undefined
            ? await exportTo(container, 1, context)
            : await exportToFile(container, resolve(output), context);
        if (leftOut > 0) note(`tsrun: ${leftOut} sockets were left out: an archive has no place for them`);
      } finally {
        interrupted[Symbol.dispose]();
      }
    });
}
