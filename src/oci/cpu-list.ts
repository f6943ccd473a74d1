/** Lists of CPUs and memory nodes, cpuset(7) "List format". */

/** More than any machine has: a typing error must not become a loop over billions. */
const most = 8192;

/**
 * The list as the kernel prints it: sorted, ranges joined.
 *
 * @throws RangeError with a sentence
 * @example cpuList('3,0-1,2') // '0-3'
 */
export const cpuList = (text: string): string => asList(numbersOf(text));

/**
 * What of `text` is not in `allowed`, as a list; '' when all is, or when nothing is known of what is allowed.
 *
 * @throws RangeError with a sentence
 * @example missingFromList('0,7', '0-3') // '7'
 */
export function missingFromList(text: string, allowed: string): string {
  if (text === '' || allowed === '') return '';
  const there = numbersOf(allowed);
  return asList(new Set([...numbersOf(text)].filter((number) => !there.has(number))));
}

/**
 * The list as the kernel's bit mask, the lowest number in the lowest bit of the first byte.
 *
 * @throws RangeError with a sentence
 * @example cpuMask('0,9') // Uint8Array [1, 2, 0, 0, 0, 0, 0, 0]
 */
export function cpuMask(text: string): Uint8Array {
  if (text === '') return new Uint8Array();
  const numbers = [...numbersOf(text)];
  // In words of the kernel's size: sched_setaffinity(2) takes no part of one.
  const mask = new Uint8Array(8 * (1 + Math.floor(Math.max(...numbers) / 64)));
  for (const number of numbers) mask[number >> 3] = (mask[number >> 3] ?? 0) | (1 << (number & 7));
  return mask;
}

function numbersOf(text: string): ReadonlySet<number> {
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
  return numbers;
}

function asList(numbers: ReadonlySet<number>): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const number of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}
