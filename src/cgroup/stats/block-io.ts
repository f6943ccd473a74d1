/** io.stat in cgroup v1's words. */
import type { GroupFiles } from './files.ts';
import { type Pressure, pressure } from './pressure.ts';

export interface BlockIoEntry {
  readonly major: number;
  readonly minor: number;
  readonly op: 'Read' | 'Write' | 'Discard';
  readonly value: bigint;
}

export interface BlockIoStats {
  /** Bytes. */
  readonly ioServiceBytesRecursive: readonly BlockIoEntry[];
  /** Requests. */
  readonly ioServicedRecursive: readonly BlockIoEntry[];
  readonly psi?: Pressure;
}

const bytes = { rbytes: 'Read', wbytes: 'Write', dbytes: 'Discard' } as const;
const requests = { rios: 'Read', wios: 'Write', dios: 'Discard' } as const;

/** A line is `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0`. */
export function blockIoStats(files: GroupFiles): BlockIoStats {
  const lines = (files.text('io.stat') ?? '').split('\n').filter(Boolean);
  const entries = (names: Readonly<Record<string, BlockIoEntry['op']>>): readonly BlockIoEntry[] =>
    lines.flatMap((line) => {
      const [disk = '', ...fields] = line.split(' ');
      const [major = 0, minor = 0] = disk.split(':').map(Number);
      return fields.flatMap((field) => {
        const [key = '', value = ''] = field.split('=');
        const op = names[key];
        return op === undefined || !/^\d+$/.test(value) ? [] : [{ major, minor, op, value: BigInt(value) }];
      });
    });
  return {
    ioServiceBytesRecursive: entries(bytes),
    ioServicedRecursive: entries(requests),
    ...pressure(files, 'io.pressure'),
  };
}
