/** Attributes of mounts as the words of mount(8). */
import type { AttributeChange, AttributeFlag, MountAttributes } from '../plan.ts';

/** When it is set, and when it is cleared. */
const words: Readonly<Record<AttributeFlag, readonly [string, string]>> = {
  readonly: ['ro', 'rw'],
  nosuid: ['nosuid', 'suid'],
  nodev: ['nodev', 'dev'],
  noexec: ['noexec', 'exec'],
  nodiratime: ['nodiratime', 'diratime'],
  nosymfollow: ['nosymfollow', 'symfollow'],
};
const flags = Object.keys(words) as readonly AttributeFlag[];

/** What a new mount has beyond the kernel's defaults. */
export const attributeWords = (attributes: MountAttributes): readonly string[] => [
  ...flags.filter((flag) => attributes[flag]).map((flag) => words[flag][0]),
  ...(attributes.atime === 'relatime' ? [] : [attributes.atime]),
];

/** For example `['ro', 'suid']`. */
export const changeWords = ({ set, clear, atime }: AttributeChange): readonly string[] => [
  ...set.map((flag) => words[flag][0]),
  ...clear.map((flag) => words[flag][1]),
  ...(atime === null ? [] : [atime]),
];
