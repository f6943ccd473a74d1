/** Settings of the kernel: files of /proc/sys. */
import { writeFileSync } from 'node:fs';
import { told } from './netlink/witness.ts';

/** @throws the system error */
export function writeSetting(file: string, value: '0' | '1'): void {
  told(
    () => writeFileSync(file, value),
    (_, nanoseconds) => ({ type: 'setting', file, value, nanoseconds }),
  );
}
