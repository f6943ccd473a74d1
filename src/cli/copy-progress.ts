/** How much was copied, on a terminal, when it takes longer than a second. */
import { isatty } from 'node:tty';
import { humanSize } from './human.ts';
import { noteRaw } from './output.ts';

/** Milliseconds. */
const patience = 1000;
const pause = 100;

export interface CopyProgress {
  readonly onProgress: (bytes: number) => void;
  /** Takes the line away. */
  close(): void;
}

export function copyProgress({ quiet }: { readonly quiet: boolean }): CopyProgress {
  if (quiet || !isatty(2) || process.env['TERM'] === 'dumb') {
    return { onProgress: () => undefined, close: () => undefined };
  }
  let next = performance.now() + patience;
  let drawn = false;
  return {
    onProgress: (bytes) => {
      const now = performance.now();
      if (now < next) return;
      next = now + pause;
      drawn = true;
      // CSI 2K erases the line.
      noteRaw(`\r\u001b[2KCopying: ${humanSize(bytes)}`);
    },
    close: () => {
      if (drawn) noteRaw('\r\u001b[2K');
      drawn = false;
    },
  };
}
