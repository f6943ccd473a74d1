// What the figures were taken on: without it they say nothing.
import { spawnSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

/**
 * @param {readonly import('../setup/nodes.js').Node[]} nodes
 * @param {string} directory where the bench works
 */
export function describeMachine(nodes, directory) {
  const processors = cpus();
  const facts = {
    date: new Date().toISOString().slice(0, 10),
    processors: processors.length,
    model: processors[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    load: Number((loadavg()[0] ?? 0).toFixed(2)),
    nodes: nodes.map(({ version }) => version),
    filesystem: spawnSync('stat', ['-f', '-c', '%T', directory], { encoding: 'utf8' }).stdout.trim(),
    uid: process.geteuid?.() ?? -1,
  };
  const busy = facts.load >= facts.processors / 2 ? ' (busy: only the ratios mean something)' : '';
  const text = `${facts.date}, Linux ${facts.kernel}, ${facts.processors} x ${facts.model}, ${facts.memoryGiB} GiB, Node ${facts.nodes.join(' and ')}, load ${facts.load}${busy}, ${facts.filesystem}, uid ${facts.uid}`;
  return { facts, text };
}
