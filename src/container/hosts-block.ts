/** Our lines in the /etc/hosts of a container that runs. */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

/** More than that was written by the container itself, and is left alone. */
const largest = 1024 * 1024;
const begin = '# tsrun: containers of its networks\n';
const end = '# tsrun: end\n';

/** In place: the container has this very file, by a bind mount. What else is in it stays. */
export function replaceHostsBlock(path: string, lines: readonly string[]): void {
  let fd: number;
  try {
    fd = openSync(path, 'r+');
  } catch {
    // It is being removed.
    return;
  }
  try {
    const { size } = fstatSync(fd);
    if (size > largest) return;
    const bytes = Buffer.alloc(size);
    const before = bytes.toString('utf8', 0, readSync(fd, bytes, 0, size, 0));
    const from = before.indexOf(begin);
    const to = from < 0 ? -1 : before.indexOf(end, from);
    const rest = to < 0 ? [before, ''] : [before.slice(0, from), before.slice(to + end.length)];
    const text = Buffer.from(rest[0] + (lines.length === 0 ? '' : begin + lines.join('') + end) + rest[1]);
    // Never empty in between: somebody may be reading it.
    writeSync(fd, text, 0, text.length, 0);
    ftruncateSync(fd, text.length);
  } finally {
    closeSync(fd);
  }
}
