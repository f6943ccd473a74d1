/** `tsrun image diff A B`. */
import type { Command } from 'commander';
import { printable } from '../../../image/layer/tar/bytes.ts';
import { type Difference, diffImages, type ImageChange } from '../../../image/tree/image-diff.ts';
import type { TreeEntry } from '../../../image/tree/tree-entry.ts';
import { ForegroundSignals } from '../../../process/foreground-signals.ts';
import type { CommandContext } from '../../command-table.ts';
import { formatRows } from '../../format-rows.ts';
import { humanSize } from '../../human.ts';
import { note, print } from '../../output.ts';

interface Flags {
  readonly times?: boolean;
  readonly format?: string;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<from>', 'name or id of a stored image')
    .argument('<to>', 'name or id of another')
    .option('--times', 'list files too that differ by their time only')
    .option('--format <format>', "json, or a template such as '{{.Kind}} {{.Path}}'")
    .addHelpText('after', '\nA: only in the second, C: in both and not the same, D: only in the first.')
    .action(async (from: string, to: string, { times, format }: Flags) => {
      const interrupted = new ForegroundSignals(note);
      try {
        const counted = times === true ? 'count' : 'ignored';
        const changes = await diffImages(session.paths(), [from, to], counted, interrupted.signal);
        const rows = changes.map(changeRow);
        const lines = formatRows(rows, format ?? '{{.Kind}} {{.Path}}{{if .What}}   {{.What}}{{end}}', shape);
        const text = format === undefined ? [lines, summary(changes)].filter((part) => part !== '').join('\n') : lines;
        if (text !== '') print(text);
      } finally {
        interrupted[Symbol.dispose]();
      }
    });
}

function changeRow(change: ImageChange): Readonly<Record<string, unknown>> {
  const before = change.kind === 'A' ? null : change.before;
  const after = change.kind === 'D' ? null : change.after;
  const entry = after ?? before;
  return {
    Kind: change.kind,
    Path: `/${printable(entry?.path ?? '')}`,
    Type: entry?.type ?? '',
    Before: before === null ? null : document(before),
    After: after === null ? null : document(after),
    Differs: change.kind === 'C' ? change.differs : [],
    What:
      change.kind === 'C'
        ? change.differs.map((difference) => words(difference, change.before, change.after)).join(', ')
        : entry?.type === 'file'
          ? humanSize(entry.size)
          : '',
  };
}

const document = ({ type, mode, uid, gid, size, modified, target }: TreeEntry): Readonly<Record<string, unknown>> => ({
  Type: type,
  Mode: mode.toString(8).padStart(4, '0'),
  Owner: `${uid}:${gid}`,
  Size: size,
  Modified: timeText(modified),
  Target: printable(target),
});

const timeText = (nanoseconds: bigint): string => new Date(Number(nanoseconds / 1_000_000n)).toISOString();

function words(difference: Difference, before: TreeEntry, after: TreeEntry): string {
  const from = (value: (entry: TreeEntry) => string): string => `${value(before)} → ${value(after)}`;
  switch (difference) {
    case 'type':
      return from(({ type }) => type);
    case 'contents':
      return before.size === after.size ? 'contents' : from(({ size }) => humanSize(size));
    case 'mode':
      return `mode ${from(({ mode }) => mode.toString(8).padStart(4, '0'))}`;
    case 'owner':
      return `owner ${from(({ uid, gid }) => `${uid}:${gid}`)}`;
    case 'target':
      return `target ${from(({ target }) => printable(target))}`;
    case 'device':
      return `device ${from(({ device }) => device)}`;
    case 'xattrs':
      return 'extended attributes';
    case 'time':
      return `time ${from(({ modified }) => timeText(modified))}`;
  }
}

function summary(changes: readonly ImageChange[]): string {
  const added = changes.filter((change) => change.kind === 'A');
  const deleted = changes.filter((change) => change.kind === 'D');
  const bytes = (entries: readonly TreeEntry[]): string => humanSize(entries.reduce((sum, { size }) => sum + size, 0));
  return [
    `${added.length} added (${bytes(added.map(({ after }) => after))})`,
    `${changes.length - added.length - deleted.length} changed`,
    `${deleted.length} deleted (${bytes(deleted.map(({ before }) => before))})`,
  ].join(', ');
}

const shape = {
  headings: { Kind: 'KIND', Path: 'PATH', Type: 'TYPE', What: 'WHAT' },
  columns: '{{.Kind}}\t{{.Path}}\t{{.What}}',
};
