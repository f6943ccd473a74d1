/** Paths inside the container: absolute, normalised, and never the root itself where something is put on them. */
import { posix } from 'node:path';
import { badValue, type OptionName } from './bad-value.ts';

/** An absolute path inside the container without `.`, `..`, doubled or trailing slashes. */
export function parseContainerPath(path: string, value: string, name: OptionName): string {
  if (!path.startsWith('/')) {
    throw badValue(
      name,
      value,
      path === ''
        ? 'the path inside the container is empty'
        : `the path inside the container, "${path}", is not absolute`,
      'start the path inside the container with /',
    );
  }
  if (path.includes('\0')) throw badValue(name, value, 'the path holds a NUL byte', 'remove it');
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

/** Where something is mounted: as {@link parseContainerPath}, and not `/`. */
export function parseMountTarget(path: string, value: string, name: OptionName): string {
  const target = parseContainerPath(path, value, name);
  if (target !== '/') return target;
  throw badValue(
    name,
    value,
    'nothing can be mounted over the root of the container',
    'mount it on a directory below /',
  );
}
