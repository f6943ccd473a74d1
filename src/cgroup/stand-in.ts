/**
 * Two files of which a kernel may have either: weights of disks belong to io.cost (io.weight) or to the BFQ scheduler
 * (io.bfq.weight), each built in, a module, or left out.
 */
const standIns: ReadonlyMap<string, string> = new Map([
  ['io.weight', 'io.bfq.weight'],
  ['io.bfq.weight', 'io.weight'],
]);

/** The file that makes it no loss when this one is missing; null: there is none. */
export const standInFor = (file: string): string | null => standIns.get(file) ?? null;
