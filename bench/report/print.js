// The tables.

/** @param {import('./section.js').Section} section */
export function printSection(section) {
  const { title, rows, base, unit, budgets, notes } = section;
  const runs = Math.max(...rows.map(({ samples }) => samples.length));
  const against = rows.find(({ name }) => name === base);
  const width = Math.max(...rows.map(({ name }) => name.length)) + 2;
  console.log(`\n${title} (${unit}, up to ${runs} samples each)`);
  console.log(`  ${''.padEnd(width)}${'median'.padStart(9)}${'minimum'.padStart(9)}   of ${base}`);
  for (const row of rows) {
    const ratio = against === undefined ? '' : (row.median / against.median).toFixed(2);
    console.log(
      `  ${row.name.padEnd(width)}${figure(row.median, unit)}${figure(row.minimum, unit)}   ${ratio.padStart(base.length)}`,
    );
  }
  for (const budget of budgets) console.log(`  ${word(budget)}  ${budget.claim}: ${budget.found}`);
  for (const note of notes) console.log(`  (${note})`);
}

/** @param {readonly import('./section.js').Section[]} sections */
export function printSummary(sections) {
  const budgets = sections.flatMap((section) => section.budgets);
  const met = budgets.filter((budget) => budget.met).length;
  console.log(`\n${met} of ${budgets.length} budgets met`);
}

/** @param {import('./section.js').Budget} budget */
const word = ({ met }) => (met ? 'met    ' : 'NOT met');

/**
 * @param {number} value
 * @param {'ms' | 's' | 'MiB'} unit
 */
function figure(value, unit) {
  return (unit === 's' ? value / 1000 : value).toFixed(unit === 'ms' ? 1 : 2).padStart(9);
}
