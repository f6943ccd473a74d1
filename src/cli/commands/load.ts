/** `tsrun load [FILE]`. */
import { isatty } from 'node:tty';
import type { Command } from 'commander';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { recordEvents } from '../../events/record-events.ts';
import { imageEvent } from '../../image/image-events.ts';
import { ForegroundSignals } from '../../process/foreground-signals.ts';
import type { CommandContext } from '../command-table.ts';
import { loadImage } from '../load-here.ts';
import { note, print } from '../output.ts';
import { progressDisplay } from '../progress.ts';

interface Flags {
  readonly input?: string;
  readonly quiet?: boolean;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('[file]', 'a file or directory; - or nothing: standard input')
    .option('-i, --input <file>', "the same, docker's way")
    .option('-q, --quiet', 'no progress')
    .action(async (file: string | undefined, { input, quiet = false }: Flags) => {
      const argument = file ?? input ?? '-';
      if (argument === '-' && isatty(0)) {
        throw new TsrunError('USAGE', 'no image was given', {
          why: 'standard input is a terminal',
          hint: 'tsrun load image.tar, or tsrun load < image.tar',
        });
      }
      const display = progressDisplay({ quiet });
      const interrupted = new ForegroundSignals(note);
      const paths = session.paths();
      try {
        const images = await loadImage(argument, {
          paths,
          onProgress: display.onProgress,
          signal: interrupted.signal,
        });
        display.close();
        recordEvents(
          paths.state,
          images.map(({ id, names }) => imageEvent('load', id, names[0] ?? id)),
        );
        for (const { id, names } of images) {
          if (names.length === 0) print(`Loaded image ID: ${id}`);
          for (const name of names) print(`Loaded image: ${name}`);
        }
      } finally {
        interrupted[Symbol.dispose]();
        display.close();
      }
    });
}
