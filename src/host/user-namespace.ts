/** In which user namespace this process is. */
import { readFileSync } from 'node:fs';

/** Whether it is another than the machine's first: there the map is not the whole range, user_namespaces(7). */
export const inUserNamespace = (): boolean =>
  !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'latin1'));

/** Whether setgroups(2) is allowed in the user namespace of a process; of what an ordinary user made it is not, for good. */
export const allowsSetGroups = (pid: number | 'self'): boolean =>
  readFileSync(`/proc/${pid}/setgroups`, 'latin1').trim() === 'allow';
