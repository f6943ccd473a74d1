// The OCI runtime, verb by verb, beside runc and crun with the same configuration, and below podman.
import { join } from 'node:path';
import { liveOnce } from '../peers/oci-life.js';
import { ourFilter, surroundings, writeConfig } from '../peers/oci-runtime.js';
import { findPodman, isInstalled } from '../peers/podman.js';
import { ratioBudget } from '../report/section.js';
import { interleave, rowOf } from '../report/statistics.js';
import { plainRootfs, storeWarmImage } from '../setup/warm-image.js';

/** @typedef {import('../setup/prepare.js').Bench} Bench */
/** @typedef {import('../report/statistics.js').Contender} Contender */
/** @typedef {import('../report/statistics.js').Row} Row */
/** @typedef {import('../peers/oci-life.js').Runtime} Runtime */
/** @typedef {import('../peers/oci-life.js').Verb} Verb */

/** Whose own part is Node's; the others are a native program's. */
const inNode = /** @type {const} */ (['create', 'exec']);
const native = /** @type {const} */ (['start', 'state', 'kill', 'delete']);

/**
 * @param {Bench} bench
 * @returns {Promise<import('../report/section.js').Section>}
 */
export async function ociVerbs(bench) {
  const { nodes, timer, options, isRoot } = bench;
  const title = 'The OCI runtime: verbs of one container, and podman above it';
  if (!isRoot) return { title, base: '', unit: 'ms', rows: [], budgets: [], notes: ['measured as root only'] };
  const notes = ['runc, crun and tsrun-oci get one config.json, with the seccomp filter of our containers'];
  const runtimes = await findRuntimes(bench, notes);
  const podmans = await findPodmans(bench, notes);
  /** @type {Map<string, number[]>} */
  const taken = new Map();
  const take = (/** @type {string} */ name, /** @type {number} */ sample) =>
    taken.set(name, [...(taken.get(name) ?? []), sample]);
  const lives = runtimes.map((runtime) => ({
    name: `create, start, delete: ${runtime.name}`,
    run: async () => {
      const life = await liveOnce(bench, runtime);
      for (const verb of inNode) take(`${verb}: ${runtime.name}`, life[verb]);
      for (const verb of native) take(`${verb}: ${runtime.name.split(',')[0]}`, life[verb]);
      return [life.create + life.start + life.delete];
    },
  }));
  const bare = nodes.map(({ name, path }) => ({ name: bareName(name), run: () => timer.time([path, '-e', '0']) }));
  const rows = await interleave([...bare, ...lives, ...podmans], options.rounds ?? 15, 'OCI runtime');
  const verbs = [...inNode, ...native].flatMap((verb) =>
    [...taken].filter(([name]) => name.startsWith(`${verb}:`)).map(([name, samples]) => rowOf(name, samples)),
  );
  const all = [...rows.slice(0, bare.length), ...verbs, ...rows.slice(bare.length)];
  return { title, base: bareName(nodes[0]?.name ?? ''), unit: 'ms', rows: all, budgets: budgets(all, nodes), notes };
}

const bareName = (/** @type {string} */ node) => `node -e 0, ${node}`;
const oursWith = (/** @type {string} */ node) => `tsrun-oci, ${node}`;

/**
 * @param {Bench} bench
 * @param {string[]} notes gets why one is missing
 */
async function findRuntimes(bench, notes) {
  const { workspace, root, nodes, env } = bench;
  await plainRootfs(workspace, (await storeWarmImage(bench)).layers);
  const bundle = workspace.at('bundle-waiting');
  await writeConfig(workspace, bundle, { args: ['/bin/sleep', '1000'], seccomp: await ourFilter(root) });
  const program = join(root, 'bin/tsrun-oci');
  /** @type {Runtime[]} */
  const candidates = [
    ...nodes.map((node) => ({
      name: oursWith(node.name),
      command: [program, '--root', workspace.at('tsrun-oci-state')],
      env: { ...env, TSRUN_NODE: node.path },
      within: [],
      bundle,
    })),
    ...['runc', 'crun'].map((name) => ({
      name,
      command: [name, '--root', workspace.at(`${name}-state`)],
      env: process.env,
      within: surroundings(name),
      bundle,
    })),
  ];
  const found = [];
  for (const runtime of candidates) {
    const [name = ''] = runtime.command;
    if (name !== program && !isInstalled(name)) notes.push(`${name}: not installed`);
    else {
      try {
        // Ours fills its code cache; theirs may not run here.
        for (let i = 0; i < 2; ++i) await liveOnce(bench, runtime);
        found.push(runtime);
      } catch (error) {
        if (name === program) throw error;
        notes.push(`${name}: does not run here: ${String(error).trim().split('\n').pop()}`);
      }
    }
  }
  return found;
}

/**
 * podman with the runtime that is installed, and with ours.
 *
 * @param {Bench} bench
 * @param {string[]} notes
 * @returns {Promise<Contender[]>}
 */
async function findPodmans({ workspace, image, nodes, root, env, timer }, notes) {
  /** @type {Contender[]} */
  const contenders = [];
  const add = async (
    /** @type {string} */ home,
    /** @type {import('../peers/podman.js').Ours | null} */ ours,
    /** @type {string} */ name,
  ) => {
    const found = await findPodman(workspace, image, { home, ours });
    if ('reason' in found) return void notes.push(`${name}: ${found.reason}`);
    const { podman } = found;
    const argv = podman.argv('run', '--rm', '--network=none', found.image, 'true');
    await timer.time(argv, { env: podman.env });
    contenders.push({ name, run: () => timer.time(argv, { env: podman.env }) });
  };
  await add('pod', null, 'podman run: runc');
  for (const [index, node] of nodes.entries()) {
    const ours = {
      name: 'tsrun-oci',
      path: join(root, 'bin/tsrun-oci'),
      env: {
        PATH: process.env['PATH'] ?? '',
        TSRUN_NODE: node.path,
        TSRUN_STORE: env['TSRUN_STORE'] ?? '',
        // podman asks for a limit of processes that nobody named.
        TSRUN_LIMITS: 'best-effort',
      },
    };
    await add(`pod${index}`, ours, `podman run: ${oursWith(node.name)}`);
  }
  return contenders;
}

/**
 * @param {readonly Row[]} rows
 * @param {Bench['nodes']} nodes
 */
function budgets(rows, nodes) {
  const row = (/** @type {string} */ name) => rows.find((candidate) => candidate.name === name);
  const overNode = nodes.flatMap(({ name }) =>
    inNode.flatMap((verb) => {
      const ours = row(`${verb}: ${oursWith(name)}`);
      const bare = row(bareName(name));
      if (ours === undefined || bare === undefined) return [];
      const more = ours.median - bare.median;
      return [
        { claim: `${ours.name}: node -e 0 and at most 30 ms`, found: `and ${more.toFixed(1)} ms`, met: more <= 30 },
      ];
    }),
  );
  const quick = native.flatMap((verb) => {
    const ours = row(`${verb}: tsrun-oci`);
    if (ours === undefined) return [];
    return [{ claim: `${ours.name}: at most 10 ms`, found: `${ours.median.toFixed(1)} ms`, met: ours.median <= 10 }];
  });
  const below = nodes.flatMap(({ name }) => {
    const ours = row(`podman run: ${oursWith(name)}`);
    return ours === undefined ? [] : ratioBudget(ours.name, ours, row('podman run: runc'), 1.25);
  });
  return [...overNode, ...quick, ...below];
}
