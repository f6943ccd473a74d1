/** Which program listens at a port of the host, as far as /proc tells. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface PortOwner {
  readonly pid: number;
  readonly name: string;
}

/** null: nobody, or a process of another user's. */
export function portOwner(protocol: 'tcp' | 'udp' | 'sctp', port: number): PortOwner | null {
  const sockets = new Set(['', '6'].flatMap((family) => socketsAt(`/proc/net/${protocol}${family}`, port)));
  if (sockets.size === 0) return null;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const pid = pids.find((each) => hasOne(each, sockets));
  if (pid === undefined) return null;
  return {
    pid: Number(pid),
    name: readOr(`/proc/${pid}/comm`)
      .trim()
      .replaceAll(/[^\x20-\x7e]/g, '?'),
  };
}

/** proc_net_tcp(5): the port stands in hexadecimal behind the address; 0A is LISTEN, 07 what UDP has; the tenth column is the inode. */
const socketsAt = (file: string, port: number): readonly string[] =>
  readOr(file)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/ +/))
    .filter(([, local, , state]) => Number.parseInt(local?.split(':')[1] ?? '', 16) === port && isBound(state))
    .map((fields) => `socket:[${fields[9]}]`);

const isBound = (state: string | undefined): boolean => state === '0A' || state === '07';

function hasOne(pid: string, sockets: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => sockets.has(linkOr(`/proc/${pid}/fd/${fd}`)));
  } catch {
    // It has gone, or is another user's.
    return false;
  }
}

function linkOr(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
