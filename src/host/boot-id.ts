/** Which boot of the machine this is: random(4), /proc/sys/kernel/random/boot_id. */
import { readFileSync } from 'node:fs';

let boot: string | undefined;

export function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return boot;
}
