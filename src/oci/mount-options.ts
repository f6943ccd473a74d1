/**
 * Mount option strings of config.json and of `-v`, parsed: runtime-spec config.md#mounts, "Linux mount options".
 *
 * One word can mean four things to the kernel: an attribute of this mount (mount_setattr(2)), the same for the mounts
 * below too (`rro`), the propagation, or a parameter of the filesystem (fsconfig(2)). Here they are told apart once.
 */

/** The attributes of one mount; those of the plan too. */
export interface ParsedAttributes {
  readonly readonly: boolean;
  readonly nosuid: boolean;
  readonly nodev: boolean;
  readonly noexec: boolean;
  readonly atime: 'relatime' | 'noatime' | 'strictatime';
  readonly nodiratime: boolean;
  readonly nosymfollow: boolean;
}

/** An attribute by its option; `atime` stands for all three access time words. */
export type AttributeWord = 'ro' | 'nosuid' | 'nodev' | 'noexec' | 'nosymfollow' | 'nodiratime' | 'atime';

export interface ParsedMountOptions {
  /** `bind` and `rbind`; null: a filesystem of its own. */
  readonly bind: 'this' | 'tree' | null;
  readonly remount: boolean;
  /** All attributes, the kernel's defaults where nothing was said. */
  readonly attributes: ParsedAttributes;
  /** What was said, on or off: the rest of a bind's attributes stay its source's. */
  readonly said: readonly AttributeWord[];
  /** `rro`, `rnosuid`, ...: for this mount and all below; null: nothing was said. */
  readonly recursive: { readonly attributes: ParsedAttributes; readonly said: readonly AttributeWord[] } | null;
  readonly propagation: 'private' | 'slave' | 'shared' | 'unbindable' | null;
  readonly propagationReach: 'this' | 'tree';
  /** Copies what the image has at the mount point into the tmpfs. */
  readonly copyUp: boolean;
  readonly idmap: 'this' | 'tree' | null;
  /** Of a bind: the part of the source that is mounted, by the option of mount(8); '': all of it. */
  readonly subpath: string;
  /** The nsfs path of the mount namespace that a bind's source is in; '': the runtime's. */
  readonly namespace: string;
  /** Filesystem parameters in order, superblock flags such as `sync` among them. */
  readonly parameters: readonly string[];
}

interface Change {
  readonly word: AttributeWord;
  readonly set: Partial<ParsedAttributes>;
}

const attributeWords: ReadonlyMap<string, Change> = new Map<string, Change>([
  ['ro', { word: 'ro', set: { readonly: true } }],
  ['rw', { word: 'ro', set: { readonly: false } }],
  ['nosuid', { word: 'nosuid', set: { nosuid: true } }],
  ['suid', { word: 'nosuid', set: { nosuid: false } }],
  ['nodev', { word: 'nodev', set: { nodev: true } }],
  ['dev', { word: 'nodev', set: { nodev: false } }],
  ['noexec', { word: 'noexec', set: { noexec: true } }],
  ['exec', { word: 'noexec', set: { noexec: false } }],
  ['nodiratime', { word: 'nodiratime', set: { nodiratime: true } }],
  ['diratime', { word: 'nodiratime', set: { nodiratime: false } }],
  ['relatime', { word: 'atime', set: { atime: 'relatime' } }],
  ['norelatime', { word: 'atime', set: { atime: 'strictatime' } }],
  ['noatime', { word: 'atime', set: { atime: 'noatime' } }],
  ['atime', { word: 'atime', set: { atime: 'relatime' } }],
  ['strictatime', { word: 'atime', set: { atime: 'strictatime' } }],
  ['nostrictatime', { word: 'atime', set: { atime: 'relatime' } }],
  ['nosymfollow', { word: 'nosymfollow', set: { nosymfollow: true } }],
  ['symfollow', { word: 'nosymfollow', set: { nosymfollow: false } }],
]);

/** What `defaults` of mount(8) stands for: rw, suid, dev, exec. It takes back what stands before it, and says nothing itself. */
const defaulted: readonly AttributeWord[] = ['ro', 'nosuid', 'nodev', 'noexec'];

const propagations: ReadonlySet<string> = new Set(['private', 'slave', 'shared', 'unbindable']);
type Propagation = 'private' | 'slave' | 'shared' | 'unbindable';
const isPropagation = (word: string): word is Propagation => propagations.has(word);

/**
 * What a new superblock has anyway, and words about the kernel log: fsconfig(2) refuses some of them. `iversion` too: the
 * filesystems that count versions do it without being asked since Linux 6.1, and fsconfig has no such flag.
 */
const superblockDefaults = new Set(['async', 'nolazytime', 'nomand', 'iversion', 'noiversion', 'silent', 'loud']);

/** Flags of the superblock, which fsconfig(2) takes by name. A bind mount has its source's. */
const superblockFlags: ReadonlySet<string> = new Set(['dirsync', 'lazytime', 'mand', 'sync']);

/** Every word that is understood here, for `features`; others are the filesystem's own. */
export const knownMountOptions: readonly string[] = [
  ...attributeWords.keys(),
  ...[...attributeWords.keys()].map((word) => `r${word}`),
  ...[...propagations].flatMap((word) => [word, `r${word}`]),
  ...['bind', 'rbind', 'defaults', 'idmap', 'ridmap', 'remount', 'tmpcopyup'],
  ...superblockDefaults,
  ...superblockFlags,
].toSorted();

/** The option that names a part of a bind's source, as mount(8) has it for filesystems. */
export const subpathOption = (subpath: string): string => `${subpathWord}${subpath}`;
const subpathWord = 'X-mount.subdir=';

/** The option that says in whose mount namespace a bind's source is: of our own, by the prefix that mount(8) leaves to others. */
export const namespaceOption = (nsfs: string): string => `${namespaceWord}${nsfs}`;
const namespaceWord = 'X-tsrun.mount-namespace=';

/** What a new mount has when no option is given. */
export const defaultAttributes: ParsedAttributes = {
  readonly: false,
  nosuid: false,
  nodev: false,
  noexec: false,
  atime: 'relatime',
  nodiratime: false,
  nosymfollow: false,
};

/**
 * Parses a list of mount options; later words override earlier ones, as in mount(8). Never throws: what is not known is
 * the filesystem's own parameter and the kernel will judge it.
 *
 * @example parseMountOptions(['rbind', 'rro', 'rprivate'])
 */
export function parseMountOptions(options: readonly string[]): ParsedMountOptions {
  const own = new AttributeState();
  const recursive = new AttributeState();
  let bind: ParsedMountOptions['bind'] = null;
  let idmap: ParsedMountOptions['idmap'] = null;
  let remount = false;
  let copyUp = false;
  let subpath = '';
  let namespace = '';
  let propagation: Propagation | null = null;
  let propagationReach: 'this' | 'tree' = 'this';
  const parameters: string[] = [];

  for (const option of options) {
    const stem = option.slice(1);
    const change = attributeWords.get(option);
    // `relatime` is a word of its own, so the whole word is looked up before the r is taken off.
    const below = change === undefined && option.startsWith('r') ? attributeWords.get(stem) : undefined;
    if (change !== undefined) own.apply(change);
    else if (below !== undefined) recursive.apply(below);
    else if (option === 'defaults') own.takeBack(defaulted);
    else if (option === 'bind' || option === 'rbind') bind = option === 'bind' ? 'this' : 'tree';
    else if (option === 'idmap' || option === 'ridmap') idmap = option === 'idmap' ? 'this' : 'tree';
    else if (option === 'remount') remount = true;
    else if (option === 'tmpcopyup') copyUp = true;
    else if (option.startsWith(subpathWord)) subpath = option.slice(subpathWord.length);
    else if (option.startsWith(namespaceWord)) namespace = option.slice(namespaceWord.length);
    else if (isPropagation(option)) [propagation, propagationReach] = [option, 'this'];
    else if (option.startsWith('r') && isPropagation(stem)) [propagation, propagationReach] = [stem, 'tree'];
    else if (!superblockDefaults.has(option) && option !== '') parameters.push(option);
  }
  return {
    bind,
    remount,
    attributes: own.attributes,
    said: own.said(),
    recursive: recursive.said().length === 0 ? null : { attributes: recursive.attributes, said: recursive.said() },
    propagation,
    propagationReach,
    copyUp,
    idmap,
    subpath,
    namespace,
    parameters,
  };
}

class AttributeState {
  attributes: ParsedAttributes = defaultAttributes;
  readonly #said = new Set<AttributeWord>();

  apply({ word, set }: Change): void {
    this.#said.add(word);
    this.attributes = { ...this.attributes, ...set };
  }

  takeBack(words: readonly AttributeWord[]): void {
    for (const word of words) this.#said.delete(word);
    this.attributes = { ...this.attributes, readonly: false, nosuid: false, nodev: false, noexec: false };
  }

  said(): readonly AttributeWord[] {
    return [...this.#said];
  }
}

/**
 * Options that only a filesystem of one's own can have, so that for a bind mount they are somebody's mistake.
 *
 * @example filesystemParameters(parseMountOptions(['bind', 'sync', 'size=1m'])) // ['size=1m']
 */
export const filesystemParameters = (options: ParsedMountOptions): readonly string[] =>
  options.parameters.filter((parameter) => !superblockFlags.has(parameter));

/**
 * The option strings for a set of attributes, the other way round; defaults are left out.
 *
 * @example attributeOptions({ ...defaultAttributes, readonly: true, nosuid: true }) // ['ro', 'nosuid']
 */
export function attributeOptions(attributes: ParsedAttributes): readonly string[] {
  const options: string[] = [];
  if (attributes.readonly) options.push('ro');
  if (attributes.nosuid) options.push('nosuid');
  if (attributes.nodev) options.push('nodev');
  if (attributes.noexec) options.push('noexec');
  if (attributes.atime !== 'relatime') options.push(attributes.atime);
  if (attributes.nodiratime) options.push('nodiratime');
  if (attributes.nosymfollow) options.push('nosymfollow');
  return options;
}
