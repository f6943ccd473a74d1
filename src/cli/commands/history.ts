/** `tsrun history IMAGE`. */
import type { Command } from 'commander';
import { localRfc3339 } from '../../host/local-time.ts';
import { type ImageHistory, imageHistory } from '../../image/history.ts';
import type { CommandContext } from '../command-table.ts';
import { formatRows } from '../format-rows.ts';
import { humanAge, humanSize } from '../human.ts';
import { print } from '../output.ts';
import { printable } from '../printable.ts';

interface Flags {
  readonly quiet?: boolean;
  readonly trunc: boolean;
  readonly human: string;
  readonly format?: string;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<image>', 'name or id of a stored image')
    .option('-q, --quiet', 'only the ids')
    .option('--no-trunc', 'whole ids and instructions')
    .option('-H, --human [bool]', 'sizes and ages as people read them', 'true')
    .option('--format <format>', "json, or a template such as '{{.Layer}} {{.CreatedBy}}'")
    .action(async (word: string, flags: Flags) => {
      const history = await imageHistory(session.paths(), word, new AbortController().signal);
      const rows = historyRows(history, flags, Date.now());
      const text = flags.quiet === true ? rows.map(({ ID }) => ID).join('\n') : formatRows(rows, flags.format, shape);
      if (text !== '') print(text);
    });
}

/** docker's columns; `Layer` is the diff id of the layer that the instruction made. */
interface HistoryRow extends Readonly<Record<string, string>> {
  readonly ID: string;
  readonly CreatedSince: string;
  readonly CreatedAt: string;
  readonly CreatedBy: string;
  readonly Size: string;
  readonly Comment: string;
  readonly Layer: string;
}

function historyRows({ id, entries }: ImageHistory, flags: Flags, now: number): readonly HistoryRow[] {
  const short = (digest: string): string => (flags.trunc ? digest.replace('sha256:', '').slice(0, 12) : digest);
  const human = flags.human !== 'false';
  return entries.map(({ created, createdBy, comment, layer }, n) => {
    const time = created === null ? Number.NaN : Date.parse(created);
    // Reproducible builds set the time to 1970: an age would be nonsense.
    const [since, at] = time > 0 ? [humanAge((now - time) / 1000), localRfc3339(time)] : ['N/A', 'N/A'];
    const by = printable(createdBy.replaceAll(/\s+/g, ' '));
    const bytes = layer?.bytes ?? 0;
    return {
      ID: n === 0 ? short(id) : '<missing>',
      CreatedSince: human ? since : at,
      CreatedAt: at,
      CreatedBy: flags.trunc && by.length > 45 ? `${by.slice(0, 44)}…` : by,
      Size: human ? humanSize(bytes) : String(bytes),
      Comment: printable(comment),
      Layer: layer === null ? '' : short(layer.diffId),
    };
  });
}

const shape = {
  headings: {
    ID: 'IMAGE',
    CreatedSince: 'CREATED',
    CreatedAt: 'CREATED AT',
    CreatedBy: 'CREATED BY',
    Size: 'SIZE',
    Comment: 'COMMENT',
    Layer: 'LAYER',
  },
  columns: '{{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}',
};
