/**
 * Who lives in a container: whoever is in its control group, or where it has none, in its pid namespace; and without that either, in
 * its mount namespace. Namespaces inside count too: whoever made one, or is its PID 1, is a child of somebody here.
 */
import { readdirSync } from 'node:fs';
import { cgroupProcesses } from '../../cgroup/processes.ts';
import { namespaceOf, type ProcEntry, procEntry } from './proc-entry.ts';

/**
 * Ascending by pid; empty when PID 1 is gone.
 *
 * @param cgroup its own group, or null
 * @param pid PID 1 as the reader sees it
 */
export function findProcesses(cgroup: string | null, pid: number): readonly ProcEntry[] {
  if (cgroup !== null) {
    const inGroup = entriesOf(cgroupProcesses(cgroup));
    if (inGroup.length > 0) return inGroup;
  }
  // A namespace of the host's holds more than the container.
  const kind = namespaceOf(pid, 'pid') === namespaceOf(process.pid, 'pid') ? 'mnt' : 'pid';
  const wanted = namespaceOf(pid, kind);
  return wanted === null
    ? []
    : withChildren(entriesOf(allPids()), ({ pid: each }) => namespaceOf(each, kind) === wanted);
}

/** The same with those that have ended and that nobody has waited for: a control group does not list them any more. */
export function findWithZombies(cgroup: string | null, pid: number): readonly ProcEntry[] {
  const living = findProcesses(cgroup, pid);
  const known = new Set(living.map((entry) => entry.pid));
  const zombies = entriesOf(allPids().filter((each) => !known.has(each))).filter(
    ({ state, parent }) => state === 'Z' && known.has(parent),
  );
  return [...living, ...zombies].sort((one, other) => one.pid - other.pid);
}

/** Those that are meant, and all that descend from them. */
function withChildren(all: readonly ProcEntry[], isMeant: (entry: ProcEntry) => boolean): readonly ProcEntry[] {
  const found = new Set(all.filter(isMeant).map(({ pid }) => pid));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return all.filter(({ pid }) => found.has(pid));
}

const entriesOf = (pids: readonly number[]): readonly ProcEntry[] => pids.flatMap((pid) => procEntry(pid) ?? []);

const allPids = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
