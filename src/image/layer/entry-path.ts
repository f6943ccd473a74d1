/** Names of entries and targets of hard links, made plain: relative, without "." and empty components. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { printable } from './tar/bytes.ts';

/** PATH_MAX without its NUL, NAME_MAX, and a depth no program needs. */
const MAX_PATH = 4095;
const MAX_NAME = 255;
const MAX_DEPTH = 512;

const refuse = (name: string, why: string): TsrunError =>
  new TsrunError('IMAGE_INVALID', `cannot unpack the entry "${printable(name)}"`, { why });

const isPlain = (name: string): boolean => !/(^|\/)(\.{0,2}|[^/]{256,})(\/|$)/.test(name);

/**
 * The plain form of a name as it stands in an archive; '' is the root itself.
 *
 * @example plainPath('./usr//bin/') // 'usr/bin'
 * @throws TsrunError IMAGE_INVALID for ".." components, and for names that are empty, too long or too deep.
 */
export function plainPath(name: string): string {
  if (name.length === 0) throw refuse(name, 'it has no name');
  let path = name;
  if (!isPlain(name)) {
    const parts: string[] = [];
    for (const part of name.split('/')) {
      if (part === '' || part === '.') continue;
      if (part === '..') throw refuse(name, 'its name climbs up with ".."');
      if (part.length > MAX_NAME) throw refuse(name, `a part of its name is longer than ${MAX_NAME} bytes`);
      parts.push(part);
    }
    path = parts.join('/');
  }
  if (path.length > MAX_PATH) throw refuse(name, `its name is longer than ${MAX_PATH} bytes`);
  if (path.length > MAX_DEPTH && path.split('/').length > MAX_DEPTH) {
    throw refuse(name, `it lies more than ${MAX_DEPTH} directories deep`);
  }
  return path;
}
