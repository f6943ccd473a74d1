/** Which capabilities this process has, as bits by number: proc_pid_status(5). */
import { readFileSync } from 'node:fs';

/** Those it may hand on at all. */
export const boundingSet = (): bigint => ownSet('CapBnd');

/** Those it holds. */
export const permittedSet = (): bigint => ownSet('CapPrm');

function ownSet(name: string): bigint {
  const match = new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(readFileSync('/proc/self/status', 'latin1'));
  return BigInt(`0x${match?.[1] ?? '0'}`);
}
