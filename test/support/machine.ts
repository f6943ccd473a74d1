/** A reading of everything of a machine that a container runtime could leave behind. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { scratchPrefix } from './home.ts';

/** Sets of one-line descriptions, by kind. */
export type Snapshot = ReadonlyMap<string, ReadonlySet<string>>;

/** What may vanish while it is read: processes, groups and files of others. */
function reading<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

const list = (path: string): readonly string[] => reading(() => readdirSync(path), []);
const processes = (): readonly string[] => list('/proc').filter((name) => /^\d+$/.test(name));

function mounts(): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => `${line.split(' ')[4]} ${line.split(' - ')[1]}`);
}

/** Control groups of ours; one level of others' is enough to find a group that was made at the root. */
function cgroups(): readonly string[] {
  const roots = mounts()
    .filter((mount) => / cgroup2? /.test(mount))
    .map((mount) => mount.split(' ')[0] ?? '');
  const below = (path: string, depth: number): readonly string[] =>
    list(path)
      .map((name) => join(path, name))
      .filter((child) => reading(() => statSync(child).isDirectory(), false))
      .flatMap((child) => [child, ...(depth > 0 ? below(child, depth - 1) : [])]);
  // Where limits need it, tsrun moves the process that calls it into this leaf: the one that looks here lives in it.
  const isOurOwn = (path: string): boolean => path.endsWith('/tsrun-supervisor');
  // systemd keeps a slice that was used once; what runs in one is a scope.
  const isSlice = (path: string): boolean => path.endsWith('.slice');
  return roots
    .flatMap((root) => below(root, 5))
    .filter((path) => /tsrun/.test(path) && !isOurOwn(path) && !isSlice(path));
}

function ourProcesses(): readonly string[] {
  return processes().flatMap((pid) => {
    const name = reading(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim(), '');
    const program = reading(() => readlinkSync(`/proc/${pid}/exe`), '');
    return /^tsrun/.test(name) || /tsrun-init/.test(program) ? [`${pid} ${name} ${program}`] : [];
  });
}

/** Namespaces some process is in; those kept by a mount show up among the mounts (nsfs). */
function namespaces(kind: 'net' | 'pid' | 'user'): readonly string[] {
  return processes().flatMap((pid) => reading(() => [readlinkSync(`/proc/${pid}/ns/${kind}`)], []));
}

/** Scratch directories of tests, and containers in the user's own store, which no test should have used. */
function files(): readonly string[] {
  const scratch = list(tmpdir()).filter((name) => name.startsWith(scratchPrefix));
  const data = process.env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share');
  const containers = process.getuid?.() === 0 ? '/var/lib/tsrun/containers' : join(data, 'tsrun', 'containers');
  return [...scratch.map((name) => join(tmpdir(), name)), ...list(containers).map((name) => join(containers, name))];
}

/** Reads the machine. */
export function snapshot(): Snapshot {
  return new Map(
    Object.entries({
      mount: mounts(),
      'control group': cgroups(),
      process: ourProcesses(),
      'network namespace': namespaces('net'),
      'pid namespace': namespaces('pid'),
      'user namespace': namespaces('user'),
      'network link': list('/sys/class/net'),
      file: files(),
    }).map(([kind, found]) => [kind, new Set(found)] as const),
  );
}

/** What is in `after` and was not in `before`, one line each. */
export function leftovers(before: Snapshot, after: Snapshot): readonly string[] {
  return [...after].flatMap(([kind, found]) =>
    [...found].filter((one) => !before.get(kind)?.has(one)).map((one) => `${kind}: ${one}`),
  );
}
