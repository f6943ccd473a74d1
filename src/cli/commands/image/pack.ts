/** `tsrun image pack [IMAGE...]`. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { packCompressions, packImages } from '../../../image/save/pack-images.ts';
import { ForegroundSignals } from '../../../process/foreground-signals.ts';
import type { CommandContext } from '../../command-table.ts';
import { note } from '../../output.ts';
import { refuseTerminal } from '../../refuse-terminal.ts';
import { writeArchive } from '../../write-archive.ts';

interface Flags {
  readonly output?: string;
  readonly compression: keyof typeof packCompressions;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('[image...]', 'names or ids of stored images; nothing: all of them')
    .option('-o, --output <file>', 'write to this file, instead of standard output')
    .addOption(
      new Option('--compression <format>', 'of the layers').choices(Object.keys(packCompressions)).default('zstd'),
    )
    .action(async (words: readonly string[], { output: file, compression }: Flags) => {
      if (file === undefined) refuseTerminal('write the archive to it', 'tsrun image pack -o FILE');
      const interrupted = new ForegroundSignals(note);
      try {
        await writeArchive(
          (output) => packImages(session.paths(), words, { compression, output }, interrupted.signal),
          file === undefined ? null : resolve(file),
        );
      } finally {
        interrupted[Symbol.dispose]();
      }
    });
}
