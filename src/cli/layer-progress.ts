/** Progress of `pull` and `push`, layer by layer: lines that change on a terminal, lines that stay elsewhere, or JSON. */
import { isatty } from 'node:tty';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { ImageProgress } from '../image/progress.ts';
import { humanSize } from './human.ts';
import { note, noteRaw, print } from './output.ts';
import type { ProgressDisplay, ProgressSurface } from './progress.ts';
import { isWait, waitText } from './wait-text.ts';

/** What becomes of a layer, in the words of the command. */
export interface LayerWords {
  readonly moving: 'downloading' | 'uploading';
  /** All of it has come and not all of it is written; null: that is no state of its own. */
  readonly settling: 'extracting' | null;
}

export const pullWords: LayerWords = { moving: 'downloading', settling: 'extracting' };
export const pushWords: LayerWords = { moving: 'uploading', settling: null };

const modes = ['auto', 'plain', 'json'] as const;
export type ProgressMode = (typeof modes)[number];
export const progressModes: readonly string[] = modes;

/** @throws TsrunError USAGE */
export function progressMode(word: string): ProgressMode {
  const mode = modes.find((one) => one === word);
  if (mode !== undefined) return mode;
  throw new TsrunError('USAGE', `cannot use "${word}" for --progress`, { why: `it is ${modes.join(', ')}` });
}

const silent: ProgressDisplay = { onProgress: () => undefined, close: () => undefined };

/** JSON goes to standard output, everything else to standard error. */
export function layerDisplay(mode: ProgressMode | 'quiet', words: LayerWords): ProgressDisplay {
  if (mode === 'quiet') return silent;
  const terminal = mode === 'auto' && isatty(2) && process.env['TERM'] !== 'dumb';
  const write = mode === 'json' ? print : terminal ? noteRaw : note;
  const surface = {
    terminal,
    get columns() {
      return terminal ? (process.stderr.columns ?? 80) : 80;
    },
    get rows() {
      return terminal ? (process.stderr.rows ?? 24) : 24;
    },
    now: () => performance.now(),
    write,
  };
  if (mode === 'json') return jsonLines(surface, words);
  return terminal ? changingLines(surface, words) : plainLines(surface, words);
}

/** One layer as it stands. */
interface Row {
  readonly name: string;
  readonly total: number;
  readonly read: number;
  /** When its first byte came; null: none has. */
  readonly since: number | null;
  readonly state: string;
  readonly done: boolean;
}

const ends: Readonly<Record<Extract<ImageProgress, { type: 'layer-done' }>['how'], string>> = {
  unpacked: 'pulled',
  'already-there': 'already here',
  pushed: 'pushed',
  mounted: 'taken over',
};

/** The rows after an event. */
function advance(rows: readonly Row[], event: ImageProgress, words: LayerWords, now: number): readonly Row[] {
  switch (event.type) {
    case 'start':
      return event.layers.map(({ name, bytes }) => {
        return { name, total: bytes, read: 0, since: null, state: 'waiting', done: false };
      });
    case 'layer':
      return rows.map((row, index) => {
        if (index !== event.index) return row;
        const settled = words.settling !== null && event.total > 0 && event.read >= event.total;
        const state = settled ? (words.settling ?? words.moving) : words.moving;
        return { ...row, read: event.read, since: row.since ?? now, state };
      });
    case 'layer-done':
      return rows.map((row, index) =>
        // For a push a layer that is there is there, not here.
        index === event.index ? { ...row, state: endWord(event.how, words), done: true } : row,
      );
    case 'wait':
    case 'silent':
    case 'done':
      return rows;
  }
}

const endWord = (how: Extract<ImageProgress, { type: 'layer-done' }>['how'], words: LayerWords): string =>
  how === 'already-there' && words.moving === 'uploading' ? 'already there' : ends[how];

/** How far a layer is: `12.3MB of 45.1MB, 5.2MB/s`. */
function amount({ read, total, since }: Row, now: number): string {
  if (since === null) return '';
  const seconds = (now - since) / 1000;
  const rate = seconds >= 0.5 ? `, ${humanSize(read / seconds)}/s` : '';
  return `${humanSize(read)}${total > 0 ? ` of ${humanSize(total)}` : ''}${rate}`;
}

/** Milliseconds between two lines about a layer that is under way. */
const linePause = 5000;

/** A line when a layer begins, every few seconds, and when it is done. */
export function plainLines(surface: Omit<ProgressSurface, 'columns' | 'terminal'>, words: LayerWords): ProgressDisplay {
  let rows: readonly Row[] = [];
  const next: number[] = [];
  const onProgress = (event: ImageProgress): void => {
    const now = surface.now();
    rows = advance(rows, event, words, now);
    if (isWait(event)) surface.write(`tsrun: ${waitText(event)}`);
    if (event.type !== 'layer' && event.type !== 'layer-done') return;
    const row = rows[event.index];
    if (row === undefined || (!row.done && now < (next[event.index] ?? 0))) return;
    next[event.index] = now + linePause;
    const far = row.read === 0 ? '' : ` ${amount(row, now)}`;
    surface.write(`${row.name}: ${row.state}${far}`);
  };
  return { onProgress, close: () => undefined };
}

/** Milliseconds between two JSON lines about a layer that is under way, and between two drawings. */
const pause = 100;

/** One object a line: `{"layer":"0123456789ab","state":"downloading","bytes":100,"total":200}`. */
export function jsonLines(surface: Omit<ProgressSurface, 'columns' | 'terminal'>, words: LayerWords): ProgressDisplay {
  let rows: readonly Row[] = [];
  const next: number[] = [];
  const onProgress = (event: ImageProgress): void => {
    const now = surface.now();
    const before = rows;
    rows = advance(rows, event, words, now);
    if (isWait(event)) {
      const { milliseconds } = event;
      surface.write(
        JSON.stringify(
          event.type === 'wait'
            ? { wait: event.why, milliseconds }
            : { silent: event.host, milliseconds, left: event.left },
        ),
      );
      return;
    }
    if (event.type !== 'layer' && event.type !== 'layer-done') return;
    const row = rows[event.index];
    if (row === undefined) return;
    if (row.state === before[event.index]?.state && now < (next[event.index] ?? 0)) return;
    next[event.index] = now + pause;
    const { name, state, read, total } = row;
    surface.write(JSON.stringify({ layer: name, state, bytes: read, ...(total > 0 ? { total } : {}) }));
  };
  return { onProgress, close: () => undefined };
}

/** CSI K erases the rest of the line, CSI J of the screen, CSI nF goes up; ?25l and ?25h hide and show the cursor. */
const up = (lines: number): string => (lines > 0 ? `\u001b[${lines}F` : '\r');

/** A line for each layer, drawn over. They stay as they are at last. */
export function changingLines(
  surface: Omit<ProgressSurface, 'terminal'> & { readonly rows: number },
  words: LayerWords,
): ProgressDisplay {
  let rows: readonly Row[] = [];
  let drawn = 0;
  let next = 0;
  let waiting = '';
  const draw = (): void => {
    // A line that is not there would be scrolled away, and could not be drawn over.
    const room = Math.max(1, surface.rows - 2);
    const shown =
      rows.length <= room ? rows : [...rows.filter(({ done }) => !done), ...rows.filter(({ done }) => done)];
    const now = surface.now();
    const lines = shown.slice(0, room).map((row) => rowText(row, now, surface.columns));
    if (waiting !== '') lines.push(waiting.slice(0, surface.columns - 1));
    const start = drawn === 0 ? '\u001b[?25l' : up(drawn);
    surface.write(`${start}${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`);
    drawn = lines.length;
  };
  const onProgress = (event: ImageProgress): void => {
    const now = surface.now();
    rows = advance(rows, event, words, now);
    if (event.type === 'done') return;
    waiting = isWait(event) ? waitText(event) : '';
    if (event.type === 'layer' && now < next) return;
    next = now + pause;
    if (rows.length > 0 || waiting !== '') draw();
  };
  const close = (): void => {
    if (drawn === 0) return;
    waiting = '';
    draw();
    surface.write('\u001b[?25h');
    drawn = 0;
    rows = [];
  };
  return { onProgress, close };
}

/** Fits one line: a longer one would be two, and the next drawing would be one off. */
function rowText(row: Row, now: number, columns: number): string {
  const { name, state, read, total, done } = row;
  const far = done ? (read > 0 ? humanSize(read) : '') : amount(row, now);
  const text = `${name}  ${state.padEnd(12)}  ${far}`.trimEnd();
  const room = Math.min(30, columns - text.length - 5);
  if (done || total === 0 || read === 0 || room < 5) return text.slice(0, Math.max(0, columns - 1));
  const full = Math.round(Math.min(1, read / total) * room);
  return `${text}  [${'#'.repeat(full)}${'.'.repeat(room - full)}]`;
}
