/** A part of a volume: a relative path that does not lead out of it. */
import { posix } from 'node:path';
import { badValue, type OptionName } from './bad-value.ts';

/**
 * @param value what was typed, for the error
 * @example parseSubpath('site/./img/', 'type=volume,...', '--mount') // 'site/img'
 * @throws TsrunError USAGE
 */
export function parseSubpath(path: string, value: string, name: OptionName): string {
  const clean = posix.normalize(path).replace(/\/+$/, '');
  if (path === '' || posix.isAbsolute(path) || clean === '..' || clean.startsWith('../')) {
    throw badValue(
      name,
      value,
      `the part "${path}" is no path inside of the volume`,
      'write a relative path without "..", for example volume-subpath=site/img',
    );
  }
  return clean === '.' ? '' : clean;
}
