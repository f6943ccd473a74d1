/** `-v SOURCE:TARGET[:OPTIONS]`. */
import { resolve } from 'node:path';
import { nearest } from '../../errors/nearest.ts';
import type { Propagation } from '../../plan/plan.ts';
import { parseMountTarget } from './absolute-path.ts';
import { badValue, notYet, type OptionName } from './bad-value.ts';
import type { MountRequest } from './run-request.ts';

interface VolumeOptions {
  readonly access: 'rw' | 'ro' | 'rro';
  readonly propagation: Propagation;
  readonly recursive: boolean;
}

const words: Readonly<Record<string, Partial<VolumeOptions>>> = {
  rw: { access: 'rw' },
  // As docker since 25: read-only covers the mounts below too, or a mount below would be a writable hole.
  ro: { access: 'rro' },
  rro: { access: 'rro' },
  private: { propagation: 'private' },
  rprivate: { propagation: 'private' },
  slave: { propagation: 'slave' },
  rslave: { propagation: 'slave' },
  shared: { propagation: 'shared' },
  rshared: { propagation: 'shared' },
  bind: { recursive: false },
  rbind: { recursive: true },
  // SELinux relabelling: without SELinux docker ignores them too, and scripts carry them.
  z: {},
  Z: {},
  // Hints to Docker Desktop.
  consistent: {},
  cached: {},
  delegated: {},
};

/** Whether a source is a path (`/x`, `./x`, `../x`, `.`) and not the name of a volume. */
const isPath = (source: string): boolean => source.startsWith('/') || /^\.\.?(\/|$)/.test(source);

/**
 * @param cwd what a relative source is relative to.
 * @example parseVolume('./src:/src:ro', '/home/me', '-v')
 * @throws TsrunError USAGE; NOT_YET for named and anonymous volumes
 */
export function parseVolume(value: string, cwd: string, name: OptionName): MountRequest {
  const parts = value.split(':');
  const [source = '', target, options = ''] = parts;
  if (parts.length > 3) {
    throw badValue(name, value, 'it has more than two colons', 'a path with a colon in it can be given with --mount');
  }
  if (target === undefined) {
    if (!source.startsWith('/'))
      throw badValue(
        name,
        value,
        'there is no path inside the container',
        'write SOURCE:TARGET, for example ./src:/src',
      );
    throw notYet(name, value, 'a path alone asks for an anonymous volume', `bind a directory: SOURCE:${source}`);
  }
  if (source === '') throw badValue(name, value, 'the source is empty', 'write SOURCE:TARGET, for example ./src:/src');
  if (source.startsWith('~')) {
    throw badValue(
      name,
      value,
      'the shell did not replace the ~ (it does only at the start of an unquoted word)',
      'write "$HOME/..."',
    );
  }
  if (!isPath(source)) {
    throw notYet(
      name,
      value,
      `"${source}" names a volume; only directories and files can be bound`,
      `for a directory write ./${source}:${target}`,
    );
  }
  const given = options === '' ? [] : options.split(',');
  const chosen = given.map((word) => parseWord(word, value, name));
  for (const key of ['access', 'propagation', 'recursive'] as const) {
    const sayers = given.filter((_, index) => Object.hasOwn(chosen[index] ?? {}, key));
    if (sayers.length > 1) {
      const list = sayers.map((word) => `"${word}"`).join(' and ');
      throw badValue(name, value, `${list} say the same thing twice or contradict each other`, 'keep one of them');
    }
  }
  return {
    type: 'bind',
    source: resolve(cwd, source),
    target: parseMountTarget(target, value, name),
    access: 'rw',
    propagation: 'private',
    recursive: true,
    ...(Object.assign({}, ...chosen) as Partial<VolumeOptions>),
    missingSource: 'create',
  };
}

function parseWord(word: string, value: string, name: OptionName): Partial<VolumeOptions> {
  const meaning = Object.hasOwn(words, word) ? words[word] : undefined;
  if (meaning !== undefined) return meaning;
  if (word === 'nocopy' || word === 'U' || word === 'O' || word.startsWith('idmap')) {
    throw notYet(name, value, `the option "${word}" is not built`, `leave "${word}" out`);
  }
  const close = nearest(word, Object.keys(words));
  throw badValue(
    name,
    value,
    `"${word}" is not an option of a bind; they are ro, rw, rro, bind, rbind and [r]private, [r]slave, [r]shared`,
    close === null ? 'write for example ./src:/src:ro' : `did you mean "${close}"?`,
  );
}
