/** The end of the command's process. */
import { loadedAddon } from '../native/addon.ts';

/**
 * Ends the process with this status: at once where nothing would be missed.
 *
 * Node's own way out is taken when there is something for it to do: streams that may hold bytes or have changed the
 * terminal, and whatever was asked for by Node's flags, a profile for example.
 */
export function leave(status: number): never {
  if (!nodeIsNeeded()) loadedAddon()?.leave(status);
  process.exit(status);
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
