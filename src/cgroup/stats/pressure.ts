/** Pressure stall information: Documentation/accounting/psi.rst. */
import type { GroupFiles } from './files.ts';

interface Stall {
  /** Per cent of the last 10, 60 and 300 seconds. */
  readonly avg10: number;
  readonly avg60: number;
  readonly avg300: number;
  /** Microseconds. */
  readonly total: bigint;
}

export interface Pressure {
  readonly some: Stall;
  readonly full: Stall;
}

const none: Stall = { avg10: 0, avg60: 0, avg300: 0, total: 0n };

/** As a field to spread; nothing where the kernel does not measure it. */
export function pressure(files: GroupFiles, name: string): { readonly psi?: Pressure } {
  const text = files.text(name);
  if (text === null) return {};
  return { psi: { some: stall(text, 'some'), full: stall(text, 'full') } };
}

function stall(text: string, kind: 'some' | 'full'): Stall {
  const match = new RegExp(`^${kind} avg10=(\\S+) avg60=(\\S+) avg300=(\\S+) total=(\\d+)$`, 'm').exec(text);
  if (match === null) return none;
  const [, avg10, avg60, avg300, total = '0'] = match;
  return { avg10: Number(avg10), avg60: Number(avg60), avg300: Number(avg300), total: BigInt(total) };
}
