/** Files of the caller's for the command: `--preserve-fds`, and sockets that are listened on already, sd_listen_fds(3). */
import { fstatSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { OciProcess } from '../../oci/config.ts';
import { lastOf, type OciLine } from './command.ts';

/**
 * Those from 3 on. Clients that hand on sockets say so twice, by the flag and by LISTEN_FDS.
 *
 * @throws TsrunError USAGE for a number that is none, or a descriptor that is not open
 */
export function preservedFds(line: OciLine): readonly number[] {
  const text = lastOf(line, 'preserve-fds') ?? '0';
  if (!/^\d{1,3}$/.test(text)) {
    throw new TsrunError('USAGE', `--preserve-fds cannot be "${text}"`, { why: 'it is a number of descriptors' });
  }
  const fds = Array.from({ length: Math.max(Number(text), listenFds()) }, (_, index) => 3 + index);
  for (const fd of fds) {
    try {
      fstatSync(fd);
    } catch (cause) {
      throw new TsrunError('USAGE', 'cannot use --preserve-fds', { why: `descriptor ${fd} is not open`, cause });
    }
  }
  return fds;
}

/** LISTEN_FDS, when it is meant for this process. */
function listenFds(): number {
  const { LISTEN_FDS = '', LISTEN_PID = '' } = process.env;
  const mine = LISTEN_PID === '' || LISTEN_PID === String(process.pid);
  return mine && /^\d{1,3}$/.test(LISTEN_FDS) ? Number(LISTEN_FDS) : 0;
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
