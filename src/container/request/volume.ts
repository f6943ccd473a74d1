/** `-v SOURCE:TARGET[:OPTIONS]`: a path of the host, or the name of a volume; `-v TARGET`: an anonymous volume. */
import { resolve } from 'node:path';
import { nearest } from '../../errors/nearest.ts';
import type { Propagation } from '../../plan/plan.ts';
import { parseMountTarget } from './absolute-path.ts';
import { badValue, notYet, type OptionName } from './bad-value.ts';
import { parseVolumeName } from './names.ts';
import type { MountRequest, VolumeName, VolumeRequest } from './run-request.ts';

interface BindOptions {
  readonly access: 'rw' | 'ro' | 'rro';
  readonly propagation: Propagation;
  readonly recursive: boolean;
}

const bindWords: Readonly<Record<string, Partial<BindOptions>>> = {
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
 * @throws TsrunError USAGE; NOT_YET for options that are not built
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
    return volumeRequest(null, parseMountTarget(source, value, name), [], value, name);
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
  const words = options === '' ? [] : options.split(',');
  if (!isPath(source)) {
    const volume = parseVolumeName(source, value, name);
    return volumeRequest(volume, parseMountTarget(target, value, name), words, value, name);
  }
  const given = words;
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
    ...(Object.assign({}, ...chosen) as Partial<BindOptions>),
    missingSource: 'create',
  };
}

function parseWord(word: string, value: string, name: OptionName): Partial<BindOptions> {
  const meaning = Object.hasOwn(bindWords, word) ? bindWords[word] : undefined;
  if (meaning !== undefined) return meaning;
  if (word === 'nocopy') {
    throw badValue(name, value, 'nocopy is about a volume, and this is a bind: nothing is copied', 'leave it out');
  }
  if (word === 'U' || word === 'O' || word.startsWith('idmap')) {
    throw notYet(name, value, `the option "${word}" is not built`, `leave "${word}" out`);
  }
  const close = nearest(word, Object.keys(bindWords));
  throw badValue(
    name,
    value,
    `"${word}" is not an option of a bind; they are ro, rw, rro, bind, rbind and [r]private, [r]slave, [r]shared`,
    close === null ? 'write for example ./src:/src:ro' : `did you mean "${close}"?`,
  );
}

/** What can be said of a volume: docker's words, less those about a mount of the host's. */
const volumeWords = ['rw', 'ro', 'nocopy', 'z', 'Z', 'consistent', 'cached', 'delegated'];

function volumeRequest(
  volume: VolumeName | null,
  target: string,
  words: readonly string[],
  value: string,
  name: OptionName,
): VolumeRequest {
  for (const [index, word] of words.entries()) {
    if (!volumeWords.includes(word)) {
      const ofBind = Object.hasOwn(bindWords, word);
      throw badValue(
        name,
        value,
        ofBind ? `"${word}" is about a bind, and this is a volume` : `"${word}" is not an option of a volume`,
        'they are ro, rw and nocopy',
      );
    }
    if (words.indexOf(word) !== index) throw badValue(name, value, `"${word}" is said twice`, 'say it once');
  }
  if (words.includes('ro') && words.includes('rw')) {
    throw badValue(name, value, '"ro" and "rw" contradict each other', 'keep one of them');
  }
  return {
    type: 'volume',
    name: volume,
    target,
    access: words.includes('ro') ? 'ro' : 'rw',
    subpath: '',
    copyUp: !words.includes('nocopy'),
    labels: {},
    driverOptions: {},
  };
}
