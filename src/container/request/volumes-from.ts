/** `--volumes-from CONTAINER[:ro|rw|z]`. */
import { badValue, type OptionName } from './bad-value.ts';
import type { VolumesFrom } from './run-request.ts';

/** @throws TsrunError USAGE */
export function parseVolumesFrom(value: string, name: OptionName): VolumesFrom {
  const [container = '', mode = 'rw', ...more] = value.split(':');
  const words = mode.split(',');
  const strange = words.find((word) => !['rw', 'ro', 'z', 'Z'].includes(word));
  if (container === '') throw badValue(name, value, 'no container is named', 'write for example db:ro');
  if (more.length > 0 || strange !== undefined || (words.includes('ro') && words.includes('rw'))) {
    throw badValue(name, value, `"${[mode, ...more].join(':')}" is not a mode`, 'it is ro or rw');
  }
  return { container, access: words.includes('ro') ? 'ro' : 'rw' };
}
