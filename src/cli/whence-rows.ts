/** Rows of `whence`. */
import type { ContainerMount } from '../container/files/whence-container.ts';
import { printable } from '../image/layer/tar/bytes.ts';
import { permissionBits } from '../image/tree/permission-bits.ts';
import type { EntryType } from '../image/tree/tree-entry.ts';
import type { HidingAbove, PathWhence, Standing } from '../image/tree/whence.ts';
import { humanSize } from './human.ts';

export interface Whence {
  readonly found: readonly PathWhence[];
  /** Instructions by diff id. */
  readonly instructions: ReadonlyMap<string, string>;
  /** What is mounted over the last path; null: nothing. */
  readonly mount: ContainerMount | null;
  /** Its name; null: an image. */
  readonly container: string | null;
}

export interface WhenceRow extends Readonly<Record<string, string>> {
  readonly Path: string;
  /** From 1 at the bottom, of the mount ''. */
  readonly Number: string;
  readonly Layer: string;
  readonly Mode: string;
  readonly Owner: string;
  readonly Size: string;
  readonly Modified: string;
  readonly Target: string;
  readonly Status: string;
  readonly CreatedBy: string;
}

/** Of each path that was gone through, bottom layer first. */
export function whenceRows(whence: Whence, trunc: boolean): readonly (readonly WhenceRow[])[] {
  const last = whence.found.length - 1;
  return whence.found.map((found, n) => {
    const covered = n === last ? whence.mount : null;
    const rows = found.standing.map((standing) => layerRow(found, standing, whence, trunc, covered !== null));
    return covered === null ? rows : [...rows, mountRow(found, covered)];
  });
}

function layerRow(
  { path }: PathWhence,
  { tree, number, entry, part }: Standing,
  { instructions, container }: Whence,
  trunc: boolean,
  covered: boolean,
): WhenceRow {
  const digest = tree.layer?.diffId.replace('sha256:', '');
  const by = printable(((tree.layer && instructions.get(tree.layer.diffId)) ?? '').replaceAll(/\s+/g, ' '));
  const isMark = entry.type === 'whiteout';
  return {
    Path: printable(path),
    Number: String(number),
    Layer:
      digest === undefined ? (container === null ? 'directory' : 'container') : trunc ? digest.slice(0, 12) : digest,
    Mode: isMark ? '' : `${letters[entry.type]}${permissionBits(entry.mode)}`,
    Owner: isMark ? '' : `${entry.uid}:${entry.gid}`,
    Size: entry.type === 'file' ? humanSize(entry.size) : '',
    Modified: isMark ? '' : timeText(entry.modified),
    Target: printable(entry.target),
    Status: covered && part !== 'deletes' ? 'hidden' : part,
    CreatedBy: trunc && by.length > 45 ? `${by.slice(0, 44)}…` : by,
  };
}

const mountRow = ({ path }: PathWhence, { destination, source, type }: ContainerMount): WhenceRow => ({
  Path: printable(path),
  Number: '',
  Layer: 'mount',
  Mode: '',
  Owner: '',
  Size: '',
  Modified: '',
  Target: '',
  Status: 'answers',
  CreatedBy: printable(`${type} ${source} at ${destination}`),
});

const timeText = (nanoseconds: bigint): string =>
  `${new Date(Number(nanoseconds / 1_000_000n)).toISOString().slice(0, 19).replace('T', ' ')}`;

/** Lines above a table: the path, where it leads, and what is in the way of layers. */
export function whenceNotes({ path, standing, above }: PathWhence): readonly string[] {
  const answer = standing.find(({ part }) => part === 'answers');
  const arrow = answer?.entry.type === 'symlink' ? ` → ${printable(answer.entry.target)}` : '';
  const none = answer === undefined ? `${standing.length === 0 ? ': no layer has it' : ': it is not seen'}` : '';
  return [`${printable(path)}${arrow}${none}`, ...above.map(hidingText)];
}

function hidingText({ path, number, how }: HidingAbove): string {
  const name = printable(path);
  if (how === 'whiteout') return `  layer ${number} deletes ${name}`;
  return how === 'opaque'
    ? `  layer ${number} makes ${name} anew: nothing of the layers below it is seen in it`
    : `  layer ${number} has a ${name} that is no directory`;
}

const letters: Readonly<Record<EntryType, string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  character: 'c',
  block: 'b',
  fifo: 'p',
  socket: 's',
  whiteout: '',
};

export const whenceShape = {
  headings: {
    Path: 'PATH',
    Number: '#',
    Layer: 'LAYER',
    Mode: 'MODE',
    Owner: 'OWNER',
    Size: 'SIZE',
    Modified: 'MODIFIED (UTC)',
    Target: 'TARGET',
    Status: 'STATUS',
    CreatedBy: 'CREATED BY',
  },
  columns: '{{.Number}}\t{{.Layer}}\t{{.Mode}}\t{{.Owner}}\t{{.Size}}\t{{.Modified}}\t{{.Status}}\t{{.CreatedBy}}',
};
