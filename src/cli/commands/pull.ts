/** `tsrun pull NAME`. */
import { type Command, Option } from 'commander';
import { recordEvents } from '../../events/record-events.ts';
import { ForegroundSignals } from '../../process/foreground-signals.ts';
import type { CommandContext } from '../command-table.ts';
import { layerDisplay, progressMode, progressModes, pullWords } from '../layer-progress.ts';
import { note, print } from '../output.ts';
import { pullHere } from '../pull-here.ts';
import { type AccessOptions, accessFrom, addAccessFlags } from '../registry-flags.ts';

interface Flags extends AccessOptions {
  readonly platform?: string;
  readonly quiet?: boolean;
  readonly progress: string;
}

export function define(command: Command, { session }: CommandContext): void {
  addAccessFlags(command)
    .argument('<image>', 'a name: [REGISTRY/]REPOSITORY[:TAG][@DIGEST]')
    .option('--platform <os/arch>', 'choose from an image for several platforms')
    .option('-q, --quiet', 'no progress, and the name alone')
    .addOption(new Option('--progress <how>', 'how it is shown').choices(progressModes).default('auto'))
    .action(async (name: string, { platform, quiet = false, progress, ...access }: Flags) => {
      const mode = progressMode(progress);
      const display = layerDisplay(quiet ? 'quiet' : mode, pullWords);
      const interrupted = new ForegroundSignals(note);
      const paths = session.paths();
      try {
        const pulled = await pullHere(name, {
          paths,
          access: accessFrom(access),
          platform: platform ?? null,
          onProgress: display.onProgress,
          signal: interrupted.signal,
        });
        display.close();
        recordEvents(paths.state, [
          { type: 'image', action: 'pull', id: pulled.id, attributes: { name: pulled.name } },
        ]);
        if (mode === 'json' && !quiet) {
          const { name, digest, id, how } = pulled;
          print(JSON.stringify({ name, digest, id, status: how }));
          return;
        }
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
