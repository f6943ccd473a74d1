/** CPU options: how many, which ones. */
import { badValue, type OptionName } from './bad-value.ts';

/**
 * A number of CPUs, for example 1.5; 0 means no limit and gives null.
 * @throws TsrunError USAGE
 */
export function parseCpus(value: string | number, name: OptionName): number | null {
  const text = String(value);
  const cpus = /^(\d{1,6}(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (cpus === 0) return null;
  // Less than 0.01 would be a quota below the 1000 microseconds that cpu.max accepts.
  if (cpus >= 0.01) return cpus;
  throw badValue(
    name,
    text,
    Number.isNaN(cpus) ? 'it is not a positive number' : 'the smallest share of a CPU is 0.01',
    'write a number of CPUs, for example 1.5',
  );
}

/**
 * A list as of cpuset(7): `0-3,5`. Whether those CPUs exist is the host's to say.
 * @throws TsrunError USAGE
 */
export function parseCpuset(value: string, name: OptionName): string {
  for (const part of value.split(',')) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    if (match === null)
      throw badValue(name, value, `"${part}" is neither a number nor a range`, 'write for example 0-3,5');
    if (match[2] !== undefined && Number(match[1]) > Number(match[2])) {
      throw badValue(name, value, `the range "${part}" runs backwards`, `write ${match[2]}-${match[1]}`);
    }
  }
  return value;
}
