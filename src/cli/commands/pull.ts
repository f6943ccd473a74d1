/** `tsrun pull NAME`. */
import type { Command } from 'commander';
import { recordEvents } from '../../events/record-events.ts';
import { ForegroundSignals } from '../../process/foreground-signals.ts';
import type { CommandContext } from '../command-table.ts';
import { note, print } from '../output.ts';
import { progressDisplay } from '../progress.ts';
import { pullHere } from '../pull-here.ts';

interface Flags {
  readonly platform?: string;
  readonly quiet?: boolean;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<image>', 'a name: [REGISTRY/]REPOSITORY[:TAG][@DIGEST]')
    .option('--platform <os/arch>', 'choose from an image for several platforms')
    .option('-q, --quiet', 'no progress, and the name alone')
    .action(async (name: string, { platform, quiet = false }: Flags) => {
      const display = progressDisplay({ quiet });
      const interrupted = new ForegroundSignals(note);
      const paths = session.paths();
      try {
        const pulled = await pullHere(name, {
          paths,
          platform: platform ?? null,
          onProgress: display.onProgress,
          signal: interrupted.signal,
        });
        display.close();
        recordEvents(paths.state, [
          { type: 'image', action: 'pull', id: pulled.id, attributes: { name: pulled.name } },
        ]);
        if (!quiet) {
          print(`Digest: ${pulled.digest}`);
          print(
            `Status: ${pulled.how === 'downloaded' ? 'Downloaded newer image' : 'Image is up to date'} for ${pulled.name}`,
          );
        }
        print(pulled.name);
      } finally {
        interrupted[Symbol.dispose]();
        display.close();
      }
    });
}
