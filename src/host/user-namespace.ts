/** In which user namespace this process is. */
import { readFileSync } from 'node:fs';

/** Whether it is another than the machine's first: there the map is not the whole range, user_namespaces(7). */
export const inUserNamespace = (): boolean =>
  !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'latin1'));
