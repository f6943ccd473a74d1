/** `tsrun whence CONTAINER|IMAGE PATH`. */
import type { Command } from 'commander';
import { whenceContainer } from '../../container/files/whence-container.ts';
import type { Paths } from '../../host/paths.ts';
import { whenceImage } from '../../image/tree/whence-image.ts';
import { ForegroundSignals } from '../../process/foreground-signals.ts';
import type { CommandContext } from '../command-table.ts';
import { containerIfAny } from '../container-if-any.ts';
import { formatRows } from '../format-rows.ts';
import { note, print } from '../output.ts';
import { type Whence, whenceNotes, whenceRows, whenceShape } from '../whence-rows.ts';

interface Flags {
  readonly format?: string;
  readonly trunc: boolean;
}

export function define(command: Command, { session, exit }: CommandContext): void {
  command
    .argument('<name>', 'a container by name or id, or a stored image')
    .argument('<path>', 'of a file in it')
    .option('--no-trunc', 'whole digests and instructions')
    .option('--format <format>', "json, or a template such as '{{.Layer}} {{.Status}}'")
    .addHelpText('after', '\nEnds with status 1 when there is nothing of that name.')
    .action(async (word: string, path: string, { format, trunc }: Flags) => {
      const interrupted = new ForegroundSignals(note);
      try {
        const whence = await whenceOf(session.paths(), word, Buffer.from(path).toString('latin1'), interrupted.signal);
        const rows = whenceRows(whence, trunc);
        if (format === undefined || format.startsWith('table')) {
          const blocks = whence.found.map((found, n) => {
            const table = formatRows(rows[n] ?? [], format, whenceShape);
            return [...whenceNotes(found), ...(rows[n]?.length === 0 ? [] : [table])].join('\n');
          });
          print(blocks.join('\n\n'));
        } else {
          const text = formatRows(rows.flat(), format, whenceShape);
          if (text !== '') print(text);
        }
        exit(rows.at(-1)?.some(({ Status }) => Status === 'answers') === true ? 0 : 1);
      } finally {
        interrupted[Symbol.dispose]();
      }
    });
}

async function whenceOf(paths: Paths, word: string, path: string, signal: AbortSignal): Promise<Whence> {
  const container = containerIfAny(paths, word);
  if (container === null) return { ...(await whenceImage(paths, word, path, signal)), mount: null, container: null };
  return { ...(await whenceContainer(container, path, { paths, signal })), container: container.name };
}
