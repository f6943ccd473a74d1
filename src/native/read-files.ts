/** Many small files read in one call, for lists of hundreds of containers: calls one by one cost more than the kernel's part of it. */
import { addon } from './addon.ts';

/** What was found at the paths of one group, by their places in it. null: no such file, or it cannot be read. */
export class FileGroup {
  readonly #all: ReturnType<ReturnType<typeof addon>['readFiles']>;
  readonly #first: number;

  constructor(all: ReturnType<ReturnType<typeof addon>['readFiles']>, first: number) {
    this.#all = all;
    this.#first = first;
  }

  bytes(at: number): Buffer | null {
    const { bytes, ends } = this.#all;
    const end = ends[this.#first + at] ?? -1;
    return end < 0 ? null : bytes.subarray(this.#startOf(at), end);
  }

  text(at: number): string | null {
    const { bytes, ends } = this.#all;
    const end = ends[this.#first + at] ?? -1;
    return end < 0 ? null : bytes.toString('utf8', this.#startOf(at), end);
  }

  /** Where the one before it ends, whether that is there or not. */
  #startOf(at: number): number {
    const before = this.#all.ends[this.#first + at - 1] ?? 0;
    return before < 0 ? ~before : before;
  }
}

/**
 * Reads all of these whole, one after the other in this order. Bytes become text when they are asked for.
 *
 * @returns in the order of the groups
 * @example readFileGroups([['/proc/1/stat', '/proc/1/comm'], ['/proc/2/stat']])[0]?.text(1)
 */
export function readFileGroups(groups: readonly (readonly string[])[]): readonly FileGroup[] {
  let paths = '';
  for (const group of groups) for (const path of group) paths += `${path}\0`;
  const all = addon().readFiles(paths);
  let next = 0;
  return groups.map((group) => {
    const first = next;
    next += group.length;
    return new FileGroup(all, first);
  });
}
