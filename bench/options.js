// The words after "npm run bench --".

/**
 * @typedef {object} Options
 * @property {'options'} type
 * @property {string[]} only names of the measures to take
 * @property {number | null} rounds null: each measure's own number
 * @property {boolean} json
 * @property {string} image what the warm measures run
 */

/** @param {string[]} measures */
export const usage = (measures) => `npm run bench -- [--only NAME,...] [--rounds N] [--json] [--image FILE]

  --only NAME,...  of ${measures.join(', ')}; all when left out
  --rounds N       rounds of each measure; each has its own number when left out
  --json           all samples, in milliseconds, instead of tables
  --image FILE     what the warm measures run; it must have /bin/true and sleep`;

const number = /^[1-9][0-9]{0,3}$/;

/**
 * @param {string[]} argv
 * @param {string[]} measures
 * @returns {Options | { type: 'help' } | { type: 'mistake', message: string }}
 */
export function parseOptions(argv, measures) {
  /** @type {Options} */
  const options = { type: 'options', only: measures, rounds: null, json: false, image: '' };
  for (let i = 0; i < argv.length; ++i) {
    const word = argv[i] ?? '';
    const value = argv[i + 1] ?? '';
    if (word === '--help' || word === '-h') return { type: 'help' };
    if (word === '--json') options.json = true;
    else if (word === '--only') {
      const unknown = value.split(',').find((name) => !measures.includes(name));
      if (unknown !== undefined) {
        return { type: 'mistake', message: `bench: no measure "${unknown}"; there are ${measures.join(', ')}` };
      }
      options.only = value.split(',');
      ++i;
    } else if (word === '--rounds') {
      if (!number.test(value)) return { type: 'mistake', message: `bench: "${value}" is no number of rounds` };
      options.rounds = Number(value);
      ++i;
    } else if (word === '--image') {
      options.image = value;
      ++i;
    } else return { type: 'mistake', message: `bench: unknown word "${word}"\n${usage(measures)}` };
  }
  return options;
}
