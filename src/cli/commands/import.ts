/** `tsrun import FILE|- [NAME[:TAG]]`. */
import { isatty } from 'node:tty';
import type { Command } from 'commander';
import { importImage } from '../../container/commit/import.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { recordEvents } from '../../events/record-events.ts';
import { imageEvent } from '../../image/image-events.ts';
import { parseReference } from '../../image/reference.ts';
import { ForegroundSignals } from '../../process/foreground-signals.ts';
import { append } from '../append.ts';
import type { CommandContext } from '../command-table.ts';
import { hereContext } from '../load-here.ts';
import { note, print } from '../output.ts';
import { progressDisplay } from '../progress.ts';

interface Flags {
  readonly change: readonly string[];
  readonly message?: string;
  readonly platform?: string;
  readonly quiet?: boolean;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<file>', 'a tar of a root filesystem, compressed or not; - is standard input')
    .argument('[name]', 'what the image is to be called')
    .option('-c, --change <instruction>', 'a Dockerfile instruction about the config: \'CMD ["nginx"]\'', append, [])
    .option('-m, --message <text>', 'what it is')
    .option('--platform <platform>', 'os/architecture[/variant] of its programs; default: those of this machine')
    .option('-q, --quiet', 'no progress')
    .action(async (source: string, name: string | undefined, flags: Flags) => {
      if (source === '-' && isatty(0)) {
        throw new TsrunError('USAGE', 'no archive was given', {
          why: 'standard input is a terminal',
          hint: 'tsrun import rootfs.tar, or tsrun import - < rootfs.tar',
        });
      }
      const request = {
        source,
        changes: flags.change,
        message: flags.message ?? null,
        name: name === undefined ? null : parseReference(name),
      };
      const display = progressDisplay({ quiet: flags.quiet === true });
      const interrupted = new ForegroundSignals(note);
      const paths = session.paths();
      try {
        const here = hereContext({ paths, onProgress: display.onProgress, signal: interrupted.signal });
        const id = await importImage(request, { ...here, platform: flags.platform ?? null });
        display.close();
        recordEvents(paths.state, [imageEvent('import', id, request.name ?? id)]);
        print(id);
      } finally {
        interrupted[Symbol.dispose]();
        display.close();
      }
    });
}
