/**
 * What a test needs of the machine, each probed once. A probe answers null, or the reason why not.
 *
 * The probes are the tests' own, on purpose: a fault in src/host must not make tests skip themselves.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { repository } from './fixture.ts';

export type Controller = 'cpu' | 'cpuset' | 'io' | 'memory' | 'pids';

/** One thing a test may need. `root` and `rootless` say who runs it; the others are equipment. */
export type Need =
  | 'root'
  | 'rootless'
  | 'subuid'
  | 'cap-sys-resource'
  | 'cgroup-v2'
  | `cgroup-v2-${Controller}`
  | 'terminal'
  /** As PID 1, with a message bus: the virtual machine's second way to boot. */
  | 'systemd'
  /** No memory controller in cgroup v2: how limits are refused. */
  | 'without-memory-controller'
  /** nginx.tar and redis.tar. */
  | 'services'
  /** With a default route, whose interface it takes over. */
  | 'pasta'
  /** A network of containers with a published port: root's, or pasta. */
  | 'network'
  /** The queueing discipline that delays and loses packets, which few kernels lack. */
  | 'netem'
  | 'without-netem'
  /** Interfaces on the wire of another one, which only root makes. */
  | 'macvlan'
  /** A default route of IPv6: pasta serves no IPv6 without. */
  | 'ipv6-route'
  /** Debian's plugins of the Container Network Interface, and what portmap calls. */
  | 'cni'
  /** How labels are refused. */
  | `program-${string}`;

const uid = process.getuid?.() ?? -1;
const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
const has = (program: string): boolean => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0;

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The directory below which this user may make control groups, or the reason why there is none. */
export function cgroupBase(): { readonly path: string } | { readonly reason: string } {
  const mount = read('/proc/self/mountinfo')
    .split('\n')
    .find((line) => / - cgroup2 /.test(line))
    ?.split(' ')[4];
  if (mount === undefined) return { reason: 'no cgroup2 filesystem is mounted' };
  if (uid === 0) return writable(join(mount, 'cgroup.procs')) ? { path: mount } : { reason: `${mount} is read-only` };
  const own = /^0::(.*)$/m.exec(read('/proc/self/cgroup'))?.[1] ?? '/';
  const service = `/user.slice/user-${uid}.slice/user@${uid}.service`;
  const delegated = [dirname(own), service]
    .map((path) => join(mount, path))
    .find((path) => writable(join(path, 'cgroup.procs')));
  return delegated === undefined ? { reason: 'no control group is delegated to this user' } : { path: delegated };
}

function controllerMissing(name: string): string | null {
  const base = cgroupBase();
  if ('reason' in base) return base.reason;
  const available = read(join(base.path, 'cgroup.controllers')).trim().split(' ');
  return available.includes(name) ? null : `cgroup v2 has no ${name} controller here`;
}

function capabilityMissing(): string | null {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(read('/proc/self/status'))?.[1] ?? '0';
  // CAP_SYS_RESOURCE is 24, capability.h.
  return BigInt(`0x${effective}`) & (1n << 24n) ? null : 'needs CAP_SYS_RESOURCE';
}

function subuidMissing(): string | null {
  const name = userInfo().username;
  const listed = (file: string): boolean =>
    read(file)
      .split('\n')
      .some((line) => line.startsWith(`${name}:`) || line.startsWith(`${uid}:`));
  if (!listed('/etc/subuid') || !listed('/etc/subgid')) return `${name} has no range in /etc/subuid and /etc/subgid`;
  return has('newuidmap') ? null : 'newuidmap is not installed';
}

const hasNetem = (): boolean =>
  existsSync('/sys/module/sch_netem') || spawnSync('modprobe', ['--quiet', '--dry-run', 'sch_netem']).status === 0;

function macvlanMissing(): string | null {
  if (uid !== 0 || !has('ip')) return null;
  const trial = 'ip link add v0 type veth peer name v1 && ip link add link v0 type macvlan';
  return spawnSync('unshare', ['--net', 'sh', '-c', trial]).status === 0 ? null : 'the kernel has no macvlan';
}

function probe(need: Need): string | null {
  if (need === 'root') return uid === 0 ? null : 'runs as root only';
  if (need === 'rootless') return uid !== 0 ? null : 'runs as an ordinary user only';
  if (need === 'subuid') return uid === 0 ? null : subuidMissing();
  if (need === 'cap-sys-resource') return capabilityMissing();
  if (need === 'cgroup-v2') {
    const base = cgroupBase();
    return 'reason' in base ? base.reason : null;
  }
  if (need === 'without-memory-controller') {
    return controllerMissing('memory') === null ? 'cgroup v2 has a memory controller here' : null;
  }
  if (need === 'systemd') {
    const booted = existsSync('/run/systemd/system') && existsSync('/run/dbus/system_bus_socket');
    return booted ? null : 'systemd is not PID 1 here';
  }
  if (need === 'cni') {
    const isThere = existsSync('/usr/lib/cni/bridge') && has('iptables');
    return isThere ? null : 'the packages containernetworking-plugins and iptables are not installed';
  }
  if (need === 'services') {
    const made = ['nginx.tar', 'redis.tar'].every((name) => existsSync(join(repository, 'rootfs-fixtures/out', name)));
    return made ? null : 'there are no images of nginx and redis: rootfs-fixtures/make.sh services makes them, as root';
  }
  if (need === 'pasta') {
    if (!has('pasta') || !existsSync('/dev/net/tun')) return 'pasta or /dev/net/tun is missing';
    return /^\S+\t00000000\t/m.test(read('/proc/self/net/route')) ? null : 'this machine has no default route';
  }
  if (need === 'macvlan') return macvlanMissing();
  if (need === 'netem') return hasNetem() ? null : 'the kernel has no sch_netem';
  if (need === 'without-netem') return hasNetem() ? 'the kernel has sch_netem' : null;
  if (need === 'network') return uid === 0 ? probe('program-ip') : (probe('subuid') ?? probe('pasta'));
  if (need === 'ipv6-route') {
    // Destination, its prefix length, source, its, next hop, metric, references, use, flags, device; lo: unreachable.
    const isDefault = /^0{32} 00 .* (?!lo$)\S+$/m.test(read('/proc/net/ipv6_route'));
    return isDefault ? null : 'this machine has no default route of IPv6';
  }
  if (need === 'terminal') return has('python3') ? null : 'python3 is not installed (it makes the pseudo-terminal)';
  if (need.startsWith('cgroup-v2-')) return controllerMissing(need.slice('cgroup-v2-'.length));
  const program = need.slice('program-'.length);
  return has(program) ? null : `${program} is not installed`;
}

const probed = new Map<Need, string | null>();

/** Why a need is not met here; null: it is. */
export function missing(need: Need): string | null {
  const known = probed.get(need);
  if (known !== undefined) return known;
  const answer = probe(need);
  probed.set(need, answer);
  return answer;
}
