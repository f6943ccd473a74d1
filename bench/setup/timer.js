// Times a command with native/time.c.

export class Timer {
  /** @type {import('./workspace.js').Workspace} */
  #workspace;
  /** @type {string} */
  #program;

  /**
   * @param {import('./workspace.js').Workspace} workspace
   * @param {string} program
   */
  constructor(workspace, program) {
    this.#workspace = workspace;
    this.#program = program;
  }

  /**
   * Runs a command and returns how long each run took, in milliseconds.
   *
   * @param {readonly string[]} argv
   * @param {{ count?: number, env?: NodeJS.ProcessEnv, within?: readonly string[] }} [how] within: words put in front of the
   *   timer, for a command that needs surroundings which are not to be timed
   * @throws Error with the command's own words when a run fails
   */
  async time(argv, { count = 1, env = process.env, within = [] } = {}) {
    return samples(await this.#workspace.execute([...within, this.#program, String(count), ...argv], env), argv);
  }
}

/**
 * Milliseconds from lines of nanoseconds.
 *
 * @param {import('./workspace.js').Outcome} outcome
 * @param {readonly string[]} argv
 */
export function samples(outcome, argv) {
  if (outcome.status !== 0) throw new Error(`${argv.join(' ')} failed:\n${outcome.stderr.trim()}`);
  return outcome.stdout
    .trim()
    .split('\n')
    .map((line) => Number(line) / 1e6);
}
