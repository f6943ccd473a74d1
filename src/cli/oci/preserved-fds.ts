/** Files of the caller's for the command: `--preserve-fds`, and sockets that are listened on already, sd_listen_fds(3). */
import { fstatSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { OciProcess } from '../../oci/config.ts';
import { lastOf, type OciLine } from './command.ts';

/**
 * Those from 3 on: first the sockets, then as many as the flag says, as in runc.
 *
 * @param sockets how many the command gets by LISTEN_FDS
 * @throws TsrunError USAGE for a number that is none, or a descriptor that is not open
 */
export function preservedFds(line: OciLine, sockets: number): readonly number[] {
  const text = lastOf(line, 'preserve-fds') ?? '0';
  if (!/^\d{1,3}$/.test(text)) {
    throw new TsrunError('USAGE', `--preserve-fds cannot be "${text}"`, { why: 'it is a number of descriptors' });
  }
  const inherited = Number(process.env['TSRUN_INHERITED_DESCRIPTORS'] ?? Number.POSITIVE_INFINITY);
  const fds = Array.from({ length: sockets + Number(text) }, (_, index) => 3 + index);
  for (const fd of fds) {
    if (fd >= 3 + inherited || !isOpen(fd))
      throw new TsrunError('USAGE', 'cannot use --preserve-fds', { why: `descriptor ${fd} is not open` });
  }
  return fds;
}

const isOpen = (fd: number): boolean => {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
};

/** LISTEN_FDS, when it is meant for this process. podman says LISTEN_PID=1 and lists its sockets in --preserve-fds: they are the command's. */
export function listenFds(): number {
  const { LISTEN_FDS = '', LISTEN_PID } = process.env;
  return LISTEN_PID === String(process.pid) && /^\d{1,3}$/.test(LISTEN_FDS) ? Number(LISTEN_FDS) : 0;
}

/** What the command has to know of them: its own pid, which is 1. */
export function withListenFds<Process extends OciProcess>(given: Process): Process {
  const count = listenFds();
  if (count === 0) return given;
  const names = process.env['LISTEN_FDNAMES'];
  const env = [
    ...(given.env ?? []),
    `LISTEN_FDS=${count}`,
    'LISTEN_PID=1',
    ...(names === undefined ? [] : [`LISTEN_FDNAMES=${names}`]),
  ];
  return { ...given, env };
}
