/** What the kernel's log says of the death of a process. Root may read it, and others where kernel.dmesg_restrict is 0. */
import { closeSync, constants, openSync, readSync } from 'node:fs';

/** A record is one read, at most CONSOLE_EXT_LOG_MAX (8192) bytes: Documentation/ABI/testing/dev-kmsg. */
const recordSize = 8192;

/**
 * The last line on its death at the hands of the OOM killer; null: none, or the log may not be read.
 *
 * @param pid as the host's first pid namespace has it
 */
export function oomKillInLog(pid: number): string | null {
  let fd: number;
  try {
    fd = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    return search(fd, new RegExp(`Killed process ${pid} .*`));
  } finally {
    closeSync(fd);
  }
}

function search(fd: number, line: RegExp): string | null {
  const buffer = Buffer.alloc(recordSize);
  let found: string | null = null;
  for (;;) {
    try {
      const size = readSync(fd, buffer, 0, recordSize, null);
      if (size === 0) return found;
      found = line.exec(buffer.toString('latin1', 0, size))?.[0] ?? found;
    } catch (error) {
      // EPIPE: records that we were about to read are gone, the next ones are there.
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') return found;
    }
  }
}
