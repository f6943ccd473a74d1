/** `tsrun pull NAME`. */
import { type Command, Option } from 'commander';
import { recordEvents } from '../../events/record-events.ts';
import type { RegistryAccess } from '../../image/registry/access.ts';
import { withAlias } from '../../image/registry/conf/alias.ts';
import { findRegistriesConf } from '../../image/registry/conf/find-conf.ts';
import { listTags } from '../../image/registry/list-tags.ts';
import { remoteName } from '../../image/registry/remote-image.ts';
import { ForegroundSignals } from '../../process/foreground-signals.ts';
import { repositoryNamed } from '../all-tags.ts';
import type { CommandContext } from '../command-table.ts';
import { layerDisplay, type ProgressMode, progressMode, progressModes, pullWords } from '../layer-progress.ts';
import { note, print } from '../output.ts';
import { type Pulled, pullHere } from '../pull-here.ts';
import { type AccessOptions, accessFrom, addAccessFlags } from '../registry-flags.ts';
import { waitText } from '../wait-text.ts';

interface Flags extends AccessOptions {
  readonly platform?: string;
  readonly quiet?: boolean;
  readonly allTags?: boolean;
  readonly progress: string;
}

export function define(command: Command, { session }: CommandContext): void {
  addAccessFlags(command)
    .argument('<image>', 'a name: [REGISTRY/]REPOSITORY[:TAG][@DIGEST]')
    .option('-a, --all-tags', 'every tag that the repository has')
    .option('--platform <os/arch>', 'choose from an image for several platforms')
    .option('-q, --quiet', 'no progress, and the name alone')
    .addOption(new Option('--progress <how>', 'how it is shown').choices(progressModes).default('auto'))
    .action(async (name: string, { platform, quiet = false, allTags = false, progress, ...flags }: Flags) => {
      const mode = progressMode(progress);
      const interrupted = new ForegroundSignals(note);
      const { signal } = interrupted;
      const paths = session.paths();
      const access = accessFrom(flags);
      try {
        const names = allTags ? await allNames(name, access, signal) : [name];
        for (const one of names) {
          const display = layerDisplay(quiet ? 'quiet' : mode, pullWords);
          try {
            const { onProgress } = display;
            const pulled = await pullHere(one, { paths, access, platform: platform ?? null, onProgress, signal });
            display.close();
            const attributes = { name: pulled.name };
            recordEvents(paths.state, [{ type: 'image', action: 'pull', id: pulled.id, attributes }]);
            for (const line of resultLines(pulled, quiet ? 'quiet' : mode)) print(line);
          } finally {
            display.close();
          }
        }
      } finally {
        interrupted[Symbol.dispose]();
      }
    });
}

/** Of a name that may be an alias. */
async function allNames(name: string, access: RegistryAccess, signal: AbortSignal): Promise<readonly string[]> {
  const repository = repositoryNamed(withAlias(findRegistriesConf(access), name), 'pull');
  return (await listTags({ repository }, access, { signal, onWait: (wait) => note(`tsrun: ${waitText(wait)}`) })).map(
    remoteName,
  );
}

function resultLines({ name, digest, id, how }: Pulled, mode: ProgressMode | 'quiet'): readonly string[] {
  if (mode === 'quiet') return [name];
  if (mode === 'json') return [JSON.stringify({ name, digest, id, status: how })];
  const status = how === 'downloaded' ? 'Downloaded newer image' : 'Image is up to date';
  return [`Digest: ${digest}`, `Status: ${status} for ${name}`, name];
}
