/** Small pieces of text that explanations share. */
import { permissionBits } from '../../image/tree/permission-bits.ts';
import type { FileStat } from './root-files.ts';

/** Longer texts of an image's making are cut: a PATH may have 128 KiB. */
const maxShown = 400;

/**
 * A path or text of the image's making, quoted. Control and formatting characters are visible, so that a file name cannot
 * move the cursor or turn the line round: `"/bin/sh\r"`.
 */
export function quote(text: string): string {
  const shown = text.length > maxShown ? `${text.slice(0, maxShown)}...` : text;
  return JSON.stringify(shown).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

const letters: Readonly<Record<FileStat['type'], string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  'character device': 'c',
  'block device': 'b',
  pipe: 'p',
  socket: 's',
};

/** As ls(1) shows it, for example `-rwxr-xr-x`. */
export const modeText = ({ type, mode }: FileStat): string => `${letters[type]}${permissionBits(mode)}`;

/** For example `-rw-r--r--, owner 0:0`. */
export const permissionsText = (stat: FileStat): string =>
  `${modeText(stat)}, owner ${stat.uid ?? 'unmapped'}:${stat.gid ?? 'unmapped'}`;

/** `"a"`, `"a" or "b"`, `"a", "b" or "c"`. */
export function anyOf(names: readonly string[]): string {
  const quoted = names.map(quote);
  const last = quoted.at(-1) ?? '';
  return quoted.length < 2 ? last : `${quoted.slice(0, -1).join(', ')} or ${last}`;
}

/** `1 argument`, `2 arguments`. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
