/** `tsrun diff CONTAINER`. */
import { isatty } from 'node:tty';
import type { Command } from 'commander';
import { diff } from '../../container/files/diff.ts';
import { findKept } from '../../container/kept/find-kept.ts';
import { printable } from '../../image/layer/tar/bytes.ts';
import { ForegroundSignals } from '../../process/foreground-signals.ts';
import type { CommandContext } from '../command-table.ts';
import { note, printBytes } from '../output.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<container>', 'name or id')
    .addHelpText('after', '\nA: added, C: changed, or something below it was, D: deleted.')
    .action(async (word: string) => {
      const paths = session.paths();
      const interrupted = new ForegroundSignals(note);
      try {
        const changes = await diff(findKept(paths, word), { paths, signal: interrupted.signal });
        // A name is any bytes: a program gets them, a terminal what it can show.
        const shown = isatty(1) ? (path: string) => Buffer.from(printable(path)).toString('latin1') : same;
        printBytes(Buffer.from(changes.map(({ kind, path }) => `${kind} ${shown(path)}\n`).join(''), 'latin1'));
      } finally {
        interrupted[Symbol.dispose]();
      }
    });
}

const same = (path: string): string => path;
