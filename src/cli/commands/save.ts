/** `tsrun save IMAGE...`. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type SaveFormat, saveFormats, saveImages } from '../../image/save/save-images.ts';
import { ForegroundSignals } from '../../process/foreground-signals.ts';
import type { CommandContext } from '../command-table.ts';
import { note } from '../output.ts';
import { refuseTerminal } from '../refuse-terminal.ts';
import { writeArchive } from '../write-archive.ts';

interface Flags {
  readonly output?: string;
  readonly format: SaveFormat;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<image...>', 'names or ids of stored images')
    .option('-o, --output <file>', 'write to this file, instead of standard output')
    .addOption(
      new Option('--format <format>', 'docker-archive with plain layers, or oci-archive with gzip')
        .choices(saveFormats)
        .default('docker-archive' satisfies SaveFormat),
    )
    .action(async (words: readonly string[], { output: file, format }: Flags) => {
      if (file === undefined) refuseTerminal('write the archive to it', `tsrun save -o FILE ${words.join(' ')}`);
      const interrupted = new ForegroundSignals(note);
      try {
        await writeArchive(
          (output) => saveImages(session.paths(), words, { format, output }, interrupted.signal),
          file === undefined ? null : resolve(file),
        );
      } finally {
        interrupted[Symbol.dispose]();
      }
    });
}
