/** Many small files read in one call, for lists of hundreds of containers: calls one by one cost more than the kernel's part of it. */
import { addon } from './addon.ts';

type Found = ReturnType<ReturnType<typeof addon>['readFiles']>;

/** What became of a file: native/addon/read_files.cc. */
const notRead = 0;
const ascii = 1;

/** What was found at the paths of one group, by their places in it. null: no such file, or it cannot be read. */
export class FileGroup {
  readonly #found: Found;
  readonly #first: number;

  constructor(found: Found, first: number) {
    this.#found = found;
    this.#first = first;
  }

  bytes(at: number): Buffer | null {
    const characters = this.#characters(at);
    return characters === null ? null : Buffer.from(characters, 'latin1');
  }

  text(at: number): string | null {
    const characters = this.#characters(at);
    if (characters === null || this.#found.kinds[this.#first + at] === ascii) return characters;
    return Buffer.from(characters, 'latin1').toString();
  }

  /** One for each byte. */
  #characters(at: number): string | null {
    const { content, ends, kinds } = this.#found;
    const index = this.#first + at;
    return (kinds[index] ?? notRead) === notRead ? null : content.slice(ends[index - 1] ?? 0, ends[index]);
  }
}

/**
 * Reads all of these whole, one after the other in this order. Text of other characters than ASCII is decoded when it is asked for.
 *
 * @returns in the order of the groups
 * @example readFileGroups([['/proc/1/stat', '/proc/1/comm'], ['/proc/2/stat']])[0]?.text(1)
 */
export function readFileGroups(groups: readonly (readonly string[])[]): readonly FileGroup[] {
  let paths = '';
  for (const group of groups) for (const path of group) paths += `${path}\0`;
  const found = addon().readFiles(paths);
  let next = 0;
  return groups.map((group) => {
    const first = next;
    next += group.length;
    return new FileGroup(found, first);
  });
}
