/**
 * Draws the progress of reading an image: a bar on a terminal, plain lines otherwise, and nothing at all for what is done within a second.
 */
import { isatty } from 'node:tty';
import type { ImageProgress, OnImageProgress } from '../image/progress.ts';
import { humanSize } from './human.ts';
import { note, noteRaw } from './output.ts';
import { waitText } from './wait-text.ts';

/** Milliseconds until the first sign of life: what is faster needs none. */
const patience = 1000;
/** Milliseconds between two drawings; a terminal is not made for more. */
const pause = 100;
/** Milliseconds between two plain lines. */
const linePause = 5000;

export interface ProgressDisplay {
  readonly onProgress: OnImageProgress;
  /** Takes the bar away: call it before anything else is printed, and at the end. */
  close(): void;
}

/** Where it draws, and the clock; tests have their own. */
export interface ProgressSurface {
  readonly terminal: boolean;
  readonly columns: number;
  now(): number;
  write(text: string): void;
}

const quiet: ProgressDisplay = { onProgress: () => undefined, close: () => undefined };

/** The display that fits standard error. */
export const progressDisplay = (how: { readonly quiet: boolean }): ProgressDisplay =>
  how.quiet ? quiet : fromFirstEvent(() => drawOn(standardError()));

/** An image that is stored already has no events: asking whether there is a terminal costs 2 ms of loading node:tty. */
function fromFirstEvent(make: () => ProgressDisplay): ProgressDisplay {
  let display: ProgressDisplay | null = null;
  return {
    onProgress: (event) => {
      display ??= make();
      display.onProgress(event);
    },
    close: () => display?.close(),
  };
}

function standardError(): ProgressSurface {
  const terminal = isatty(2) && process.env['TERM'] !== 'dumb';
  return {
    terminal,
    columns: terminal ? (process.stderr.columns ?? 80) : 80,
    now: () => performance.now(),
    write: terminal ? noteRaw : (text) => note(text),
  };
}

/** @returns a display that draws only when events come: no timer keeps the process alive. */
export function drawOn(surface: ProgressSurface): ProgressDisplay {
  const started = surface.now();
  let layers: { readonly name: string; readonly bytes: number }[] = [];
  let read: number[] = [];
  let next = started + patience;
  let drawn = false;

  const close = (): void => {
    // CSI 2K erases the line, CSI ?25h shows the cursor again.
    if (drawn && surface.terminal) surface.write('\r\u001b[2K\u001b[?25h');
    drawn = false;
  };
  const tell = (line: string): void => {
    close();
    surface.write(surface.terminal ? `${line}\r\n` : line);
  };
  const draw = (): void => {
    const now = surface.now();
    if (now < next) return;
    next = now + (surface.terminal ? pause : linePause);
    const total = layers.reduce((sum, { bytes }) => sum + bytes, 0);
    const done = read.reduce((sum, bytes) => sum + bytes, 0);
    if (surface.terminal) surface.write(`\r${drawn ? '' : '\u001b[?25l'}\u001b[2K${bar(done, total, surface.columns)}`);
    else surface.write(`tsrun: reading the image: ${amount(done, total)}`);
    drawn = true;
  };
  const onProgress = (event: ImageProgress): void => {
    switch (event.type) {
      case 'start':
        layers = [...event.layers];
        read = layers.map(() => 0);
        break;
      case 'layer':
        read[event.index] = event.read;
        break;
      case 'layer-done':
        read[event.index] = layers[event.index]?.bytes ?? 0;
        break;
      case 'wait':
      case 'silent':
        if (event.milliseconds >= patience) tell(`tsrun: ${waitText(event)}`);
        return;
      case 'done':
        close();
        return;
    }
    draw();
  };
  return { onProgress, close };
}

const amount = (done: number, total: number): string =>
  total > 0
    ? `${humanSize(done)} of ${humanSize(total)} (${Math.min(100, Math.floor((done / total) * 100))}%)`
    : humanSize(done);

/** Fits one line of the terminal: a line too long would be drawn again below itself. */
function bar(done: number, total: number, columns: number): string {
  const text = `reading ${amount(done, total)}`;
  const room = Math.min(40, columns - text.length - 4);
  if (total === 0 || room < 5) return text.slice(0, Math.max(0, columns - 1));
  const full = Math.round(Math.min(1, done / total) * room);
  return `[${'#'.repeat(full)}${'.'.repeat(room - full)}] ${text}`;
}
