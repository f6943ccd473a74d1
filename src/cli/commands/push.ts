/** `tsrun push IMAGE [NAME]`. */
import { type Command, Option } from 'commander';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { recordEvents } from '../../events/record-events.ts';
import { pushStored } from '../../image/registry/push-stored.ts';
import { type StoreLayout, storeLayout } from '../../image/store/layout.ts';
import { tidyStore } from '../../image/store/tidy.ts';
import { ForegroundSignals } from '../../process/foreground-signals.ts';
import { repositoryNamed, storedTags } from '../all-tags.ts';
import type { CommandContext } from '../command-table.ts';
import { layerDisplay, progressMode, progressModes, pushWords } from '../layer-progress.ts';
import { note, print } from '../output.ts';
import { type AccessOptions, accessFrom, addAccessFlags } from '../registry-flags.ts';

interface Flags extends AccessOptions {
  readonly quiet?: boolean;
  readonly allTags?: boolean;
  readonly progress: string;
}

export function define(command: Command, { session }: CommandContext): void {
  addAccessFlags(command)
    .argument('<image>', 'a stored image')
    .argument('[destination]', '[REGISTRY/]REPOSITORY[:TAG]; nothing: what the image is called')
    .option('-a, --all-tags', 'every stored image of a repository, each where its name says')
    .option('-q, --quiet', 'no progress, and the name alone')
    .addOption(new Option('--progress <how>', 'how it is shown').choices(progressModes).default('auto'))
    .action(async (source: string, destination: string | undefined, given: Flags) => {
      const { quiet = false, allTags = false, progress, ...flags } = given;
      const mode = progressMode(progress);
      const access = accessFrom(flags);
      const interrupted = new ForegroundSignals(note);
      const paths = session.paths();
      const layout = storeLayout(paths);
      try {
        await tidyStore(paths);
        const sources = allTags ? allNames(layout, source, destination) : [source];
        for (const one of sources) {
          const display = layerDisplay(quiet ? 'quiet' : mode, pushWords);
          try {
            const names = { source: one, destination: destination ?? null };
            const { id, name, digest } = await pushStored(layout, names, access, {
              onProgress: display.onProgress,
              signal: interrupted.signal,
            });
            display.close();
            recordEvents(paths.state, [{ type: 'image', action: 'push', id, attributes: { name } }]);
            if (quiet) print(name);
            else if (mode === 'json') print(JSON.stringify({ name, digest, id, status: 'pushed' }));
            else print(`Digest: ${digest}\nStatus: Pushed ${name}\n${name}`);
          } finally {
            display.close();
          }
        }
      } finally {
        interrupted[Symbol.dispose]();
      }
    });
}

function allNames(layout: StoreLayout, source: string, destination: string | undefined): readonly string[] {
  if (destination === undefined) return storedTags(layout, repositoryNamed(source, 'push'));
  throw new TsrunError('USAGE', 'cannot push all tags to one name', {
    why: 'each image goes where its name says',
    hint: 'tsrun tag gives images other names',
  });
}
