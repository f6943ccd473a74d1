/** Lists of CPUs and memory nodes, cpuset(7) "List format". */

/** More than any machine has: a typing error must not become a loop over billions. */
const most = 8192;

/**
 * The list as the kernel prints it: sorted, ranges joined.
 *
 * @throws RangeError with a sentence
 * @example cpuList('3,0-1,2') // '0-3'
 */
export function cpuList(text: string): string {
  const numbers = new Set<number>();
  for (const part of text.trim().split(',')) {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part.trim());
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? match?.[1]);
    if (match === null || from > to || to >= most) {
      throw new RangeError(`"${text}" is not a list of CPUs or memory nodes; write it like 0-3,7`);
    }
    for (let number = from; number <= to; number++) numbers.add(number);
  }
  const sorted = [...numbers].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const number of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}
