// Proportional set size: shared pages count once, proc_pid_smaps_rollup.
import { readFileSync } from 'node:fs';

/**
 * In MiB.
 *
 * @param {number} pid
 */
export function pssOf(pid) {
  const line = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  return Number(line?.[1] ?? Number.NaN) / 1024;
}
