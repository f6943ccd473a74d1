/** `tsrun commit CONTAINER [NAME[:TAG]]`. */
import type { Command } from 'commander';
import { commit } from '../../container/commit/commit.ts';
import { findKept } from '../../container/kept/find-kept.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { parseReference } from '../../image/reference.ts';
import { ForegroundSignals } from '../../process/foreground-signals.ts';
import { append } from '../append.ts';
import type { CommandContext } from '../command-table.ts';
import { note, print } from '../output.ts';

interface Flags {
  readonly author?: string;
  readonly message?: string;
  readonly change: readonly string[];
  readonly pause: boolean | string;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .usage('[flags] CONTAINER [NAME[:TAG]]')
    .argument('<words...>', 'the container by name or id; what the image is to be called')
    .option('-a, --author <text>', 'who made it')
    .option('-m, --message <text>', 'what it is')
    .option('-c, --change <instruction>', 'a Dockerfile instruction about the config: \'CMD ["nginx"]\'', append, [])
    .option('-p, --pause [bool]', 'let its processes stand still meanwhile (default true)', true)
    .option('--no-pause', 'do not')
    .action(async (given: readonly string[], flags: Flags) => {
      const { pause, words } = readPause(flags.pause, given);
      const [word = '', name, ...more] = words;
      if (word === '' || more.length > 0) {
        throw new TsrunError('USAGE', 'commit takes a container and perhaps a name', {
          why: `${words.length} words were given`,
          hint: 'tsrun commit [flags] CONTAINER [NAME[:TAG]]',
        });
      }
      const interrupted = new ForegroundSignals(note);
      try {
        const paths = session.paths();
        const request = {
          author: flags.author ?? null,
          message: flags.message ?? null,
          changes: flags.change,
          name: name === undefined ? null : parseReference(name),
          pause,
        };
        const notice = (line: string): void => note(`tsrun: ${line}`);
        print(await commit(findKept(paths, word), request, { paths, signal: interrupted.signal, notice }));
      } finally {
        interrupted[Symbol.dispose]();
      }
    });
}

/** docker's flag takes a value behind an equals sign alone; what was taken from the words goes back to them. */
function readPause(
  value: boolean | string,
  words: readonly string[],
): { readonly pause: boolean; readonly words: readonly string[] } {
  if (typeof value === 'boolean') return { pause: value, words };
  const text = value.replace(/^=/, '').toLowerCase();
  if (['true', 't', '1'].includes(text)) return { pause: true, words };
  if (['false', 'f', '0'].includes(text)) return { pause: false, words };
  return { pause: true, words: [value, ...words] };
}
