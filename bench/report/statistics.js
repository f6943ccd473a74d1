// Rounds, and what is said of them.

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {() => Promise<number[]>} run one round: samples in milliseconds (or MiB)
 * @property {() => Promise<void>} [before] what is not measured
 */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {number} median
 * @property {number} minimum
 * @property {number[]} samples
 */

/**
 * A B C, A B C, ...: what else the machine does falls on all of them alike. The order turns by one each round, so that
 * nobody always runs after the same neighbour.
 *
 * @param {readonly Contender[]} contenders
 * @param {number} rounds
 * @param {string} title for the person who waits
 * @returns {Promise<Row[]>} in the order of the contenders
 */
export async function interleave(contenders, rounds, title) {
  /** @type {Map<Contender, number[]>} */
  const taken = new Map(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; ++round) {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${title}: round ${round + 1} of ${rounds}`);
    const turn = round % contenders.length;
    for (const contender of [...contenders.slice(turn), ...contenders.slice(0, turn)]) {
      await contender.before?.();
      taken.get(contender)?.push(...(await contender.run()));
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  return contenders.map((contender) => rowOf(contender.name, taken.get(contender) ?? []));
}

/**
 * @param {string} name
 * @param {number[]} samples
 * @returns {Row}
 */
export const rowOf = (name, samples) => ({ name, median: median(samples), minimum: Math.min(...samples), samples });

/** @param {readonly number[]} numbers */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
