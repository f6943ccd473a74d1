/** The end of the command's process. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { loadedAddon } from '../native/addon.ts';

/**
 * Ends the process with this status: at once where nothing would be missed.
 *
 * Node's own way out is taken when there is something for it to do: streams that may hold bytes or have changed the
 * terminal, and whatever was asked for by Node's flags, a profile for example.
 */
export function leave(status: number): never {
  const addon = loadedAddon();
  if (!nodeIsNeeded()) addon?.leave(status);
  if (addon !== null) letGoOfLostTerminals(addon.isTerminal);
  process.exit(status);
}

/**
 * Node puts the terminals of the standard streams back as they were, and aborts when one cannot be (ResetStdio in
 * node.cc): after the window was closed, that is. It leaves alone what has another file by then.
 */
function letGoOfLostTerminals(isTerminal: (fd: number) => boolean): void {
  for (const fd of [0, 1, 2]) {
    try {
      if (!fstatSync(fd).isCharacterDevice() || isTerminal(fd)) continue;
      closeSync(fd);
      // Takes the lowest free number: this one, unless one below it was closed.
      openSync('/dev/null', 'r+');
    } catch {
      // Closed already.
    }
  }
}

function nodeIsNeeded(): boolean {
  const { NODE_OPTIONS, NODE_V8_COVERAGE } = process.env;
  if (NODE_OPTIONS || NODE_V8_COVERAGE || process.execArgv.length > 0) return true;
  // A stream on a standard descriptor is made of one of these. @types/node does not know the list; without it, be careful.
  const { moduleLoadList } = process as { moduleLoadList?: readonly string[] };
  return (
    moduleLoadList === undefined || moduleLoadList.some((name) => / (?:net|tty|internal\/fs\/streams)$/.test(name))
  );
}
