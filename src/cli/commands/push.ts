/** `tsrun push IMAGE [NAME]`. */
import { type Command, Option } from 'commander';
import { recordEvents } from '../../events/record-events.ts';
import { pushStored } from '../../image/registry/push-stored.ts';
import { storeLayout } from '../../image/store/layout.ts';
import { tidyStore } from '../../image/store/tidy.ts';
import { ForegroundSignals } from '../../process/foreground-signals.ts';
import type { CommandContext } from '../command-table.ts';
import { layerDisplay, progressMode, progressModes, pushWords } from '../layer-progress.ts';
import { note, print } from '../output.ts';
import { type AccessOptions, accessFrom, addAccessFlags } from '../registry-flags.ts';

interface Flags extends AccessOptions {
  readonly quiet?: boolean;
  readonly progress: string;
}

export function define(command: Command, { session }: CommandContext): void {
  addAccessFlags(command)
    .argument('<image>', 'a stored image')
    .argument('[destination]', '[REGISTRY/]REPOSITORY[:TAG]; nothing: what the image is called')
    .option('-q, --quiet', 'no progress, and the name alone')
    .addOption(new Option('--progress <how>', 'how it is shown').choices(progressModes).default('auto'))
    .action(async (source: string, destination: string | undefined, { quiet = false, progress, ...access }: Flags) => {
      const mode = progressMode(progress);
      const display = layerDisplay(quiet ? 'quiet' : mode, pushWords);
      const interrupted = new ForegroundSignals(note);
      const paths = session.paths();
      try {
        await tidyStore(paths);
        const names = { source, destination: destination ?? null };
        const { id, name, digest } = await pushStored(storeLayout(paths), names, accessFrom(access), {
          onProgress: display.onProgress,
          signal: interrupted.signal,
        });
        display.close();
        recordEvents(paths.state, [{ type: 'image', action: 'push', id, attributes: { name } }]);
        if (quiet) print(name);
        else if (mode === 'json') print(JSON.stringify({ name, digest, id, status: 'pushed' }));
        else print(`Digest: ${digest}\nStatus: Pushed ${name}\n${name}`);
      } finally {
        interrupted[Symbol.dispose]();
        display.close();
      }
    });
}
