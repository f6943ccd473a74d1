// The library: from run() to the end of `true` with nothing left, in one process, beside the bare kernel steps.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findOciRuntime } from '../peers/oci-runtime.js';
import { ratioBudget } from '../report/section.js';
import { interleave } from '../report/statistics.js';
import { compile } from '../setup/compile.js';
import { samples } from '../setup/timer.js';
import { plainRootfs, storeWarmImage } from '../setup/warm-image.js';

/** @typedef {import('../setup/prepare.js').Bench} Bench */

/** Containers a round: a single one says little. */
const batch = 10;

/**
 * @param {Bench} bench
 * @returns {Promise<import('../report/section.js').Section>}
 */
export async function libraryStart(bench) {
  const { workspace, nodes, timer, options } = bench;
  const warm = await storeWarmImage(bench);
  await plainRootfs(workspace, warm.layers);
  const notes = [];
  /** @type {import('../report/statistics.js').Contender[]} */
  const contenders = [];
  const floor = await floorContender(bench, warm);
  if ('reason' in floor) notes.push(floor.reason);
  else contenders.push(floor);
  const programs = nodes.map((node) => new LibraryProgram(bench, node));
  for (const program of programs) {
    // Until V8 has compiled what is called often.
    await program.run(3 * batch);
    contenders.push({ name: program.name, run: () => program.run(batch) });
  }
  for (const [name, configuration] of /** @type {const} */ ([
    ['crun', 'as it comes'],
    ['crun', 'with our filter'],
    ['runc', 'as it comes'],
  ])) {
    const runtime = await findOciRuntime(bench, name, configuration);
    if ('reason' in runtime) notes.push(runtime.reason);
    else
      contenders.push({
        name: runtime.name,
        run: () => timer.time(runtime.argv(), { within: runtime.within, count: 3 }),
      });
  }
  const rows = await interleave(contenders, options.rounds ?? 15, 'library');
  for (const program of programs) program.end();
  const row = (/** @type {string} */ name) => rows.find((candidate) => candidate.name === name);
  const library = rows.filter(({ name }) => name.startsWith('run(), '));
  return {
    title: 'The library: from run() to the end of true, warm, no network',
    base: rows[0]?.name ?? '',
    unit: 'ms',
    rows,
    budgets: library.flatMap((ours) => [
      ...ratioBudget(ours.name, ours, row('bare C program'), 2),
      ...ratioBudget(ours.name, ours, row('crun run'), 0.7),
    ]),
    notes,
  };
}

/**
 * @param {Bench} bench
 * @param {import('../setup/warm-image.js').WarmImage} warm
 * @returns {Promise<import('../report/statistics.js').Contender | { reason: string }>}
 */
async function floorContender({ workspace, root, isRoot }, warm) {
  if (!isRoot) return { reason: 'bare C program: measured as root only' };
  if (warm.cgroups === null) return { reason: 'bare C program: there is no cgroup2 hierarchy' };
  const native = join(root, 'bench/native');
  const program = await compile(workspace, join(native, 'floor.c'), join(native, 'floor-inside.c'));
  const { cgroups, layers, seccomp, devices } = warm;
  const scratch = workspace.at('floor-scratch');
  mkdirSync(scratch);
  const lower = [...layers].reverse().join(':');
  const argv = [program, String(batch), lower, scratch, cgroups, seccomp, devices, '/bin/true'];
  const run = async () => {
    // Each time: the last container of ours takes the group above along when nothing else is in it.
    mkdirSync(cgroups, { recursive: true });
    return samples(await workspace.execute(argv), ['floor']);
  };
  return { name: 'bare C program', run };
}

/** A Node that runs containers through the library, one batch for each line it is sent. */
class LibraryProgram {
  /** @type {import('node:child_process').ChildProcess} */
  #child;
  /** @type {AsyncIterator<string>} */
  #lines;
  #stderr = '';

  /**
   * @param {Bench} bench
   * @param {import('../setup/nodes.js').Node} node
   */
  constructor({ workspace, root, image, env }, node) {
    this.name = `run(), ${node.name}`;
    this.#child = workspace.start([node.path, join(root, 'bench/measures/library-program.js'), image], env);
    this.#child.stderr?.setEncoding('utf8').on('data', (text) => (this.#stderr += text));
    if (this.#child.stdout === null) throw new Error('no pipe from the library program');
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** @param {number} count */
  async run(count) {
    this.#child.stdin?.write(`${count}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the library program ended:\n${this.#stderr.trim()}`);
    return /** @type {number[]} */ (JSON.parse(value));
  }

  end() {
    this.#child.stdin?.end();
  }
}
