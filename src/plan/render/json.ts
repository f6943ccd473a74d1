/**
 * A plan as JSON, for `--dry-run`: `{ "version": 1, "steps": [ ... ] }`, a step on each line, in the order of execution.
 *
 * A step has its `kind` and the fields of that kind in plan.ts, all of them, under the same names. What JSON cannot
 * hold is written so:
 *
 * - a 64-bit number is a string: sets of capabilities in hexadecimal, `"0xa80425fb"`, as /proc/PID/status has them;
 *   everything else in decimal, `"1024"`;
 * - a BPF program is `{ "instructions": 42, "base64": "..." }`, 8 bytes for each instruction;
 * - a set of processors or memory nodes is hexadecimal, the lowest byte first;
 * - file modes are decimal numbers, as in the runtime-spec's config.json: 493 is 0755.
 */
import type { Plan, Step } from '../plan.ts';

const bytesPerInstruction = 8;
const sets: ReadonlySet<string> = new Set(['keep', 'effective', 'permitted', 'inheritable', 'ambient']);

/** @example planToJson({ version: 1, steps: [{ kind: 'session', keyring: 'new' }] }) */
export function planToJson(plan: Plan): string {
  const steps = plan.steps.map((step) => `    ${stepToJson(step)}`);
  return `{\n  "version": ${plan.version},\n  "steps": [\n${steps.join(',\n')}\n  ]\n}`;
}

/** One step on one line. */
export function stepToJson(step: Step): string {
  return JSON.stringify(Object.fromEntries(Object.entries(step).map(([key, value]) => [key, plain(key, value)])));
}

function plain(key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return sets.has(key) ? `0x${value.toString(16)}` : value.toString();
  if (value instanceof Uint8Array && (key === 'mask' || key === 'nodes')) return Buffer.from(value).toString('hex');
  if (value instanceof Uint8Array) {
    return { instructions: value.length / bytesPerInstruction, base64: Buffer.from(value).toString('base64') };
  }
  if (Array.isArray(value)) return value.map((item) => plain('', item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(name, item)]));
  }
  return value;
}
