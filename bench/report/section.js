// What a measure hands over: rows, budgets, and what could not be measured.

/**
 * @typedef {import('./statistics.js').Row} Row
 *
 * @typedef {object} Budget
 * @property {string} claim what was promised
 * @property {string} found the figure that was found
 * @property {boolean} met
 *
 * @typedef {object} Section
 * @property {string} title
 * @property {string} base name of the row that the ratios are against
 * @property {'ms' | 's' | 'MiB'} unit rows are in milliseconds or MiB; s: printed in seconds
 * @property {Row[]} rows
 * @property {Budget[]} budgets
 * @property {string[]} notes what is missing and why, and what a reader must know
 */

/**
 * At most `most` times as much as another row, by the medians.
 *
 * @param {string} what who is measured, in the words of the table
 * @param {Row} row
 * @param {Row | undefined} other undefined: not measured here
 * @param {number} most
 * @returns {Budget[]}
 */
export function ratioBudget(what, row, other, most) {
  if (other === undefined) return [];
  const ratio = row.median / other.median;
  return [{ claim: `${what}: at most ${most} of ${other.name}`, found: ratio.toFixed(2), met: ratio <= most }];
}
