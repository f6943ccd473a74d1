/** What a container gets when nothing is said: the same as with docker, so that images find what they expect. */
import type { CapabilityName } from './capabilities.ts';
import type { OciMount } from './config.ts';
import type { OciDevice } from './linux.ts';
import type { OciDeviceRule } from './resources.ts';

/** docker's fourteen: enough for package managers and servers, nothing that reaches the host. */
export const defaultCapabilities: readonly CapabilityName[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FSETID',
  'CAP_FOWNER',
  'CAP_MKNOD',
  'CAP_NET_RAW',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_NET_BIND_SERVICE',
  'CAP_SYS_CHROOT',
  'CAP_KILL',
  'CAP_AUDIT_WRITE',
];

export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Hidden: they tell of the host or its hardware, or let a container's root act on it. */
export const defaultMaskedPaths: readonly string[] = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];

/** Not namespaced as a whole, and programs read them: readable and not writable. */
export const defaultReadonlyPaths: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];

/** In mount order. /dev/shm is added with its size. */
export const defaultMounts: readonly OciMount[] = [
  { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
  {
    destination: '/dev',
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
  },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  {
    destination: '/sys/fs/cgroup',
    type: 'cgroup',
    source: 'cgroup',
    options: ['nosuid', 'noexec', 'nodev', 'ro'],
  },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
];

const node = (path: string, major: number, minor: number): OciDevice => ({
  path,
  type: 'c',
  major,
  minor,
  fileMode: 0o666,
  uid: 0,
  gid: 0,
});

/** The nodes that runtime-spec config-linux.md#default-devices asks for; /dev/console comes with a terminal. */
export const defaultDevices: readonly OciDevice[] = [
  node('/dev/null', 1, 3),
  node('/dev/zero', 1, 5),
  node('/dev/full', 1, 7),
  node('/dev/random', 1, 8),
  node('/dev/urandom', 1, 9),
  node('/dev/tty', 5, 0),
];

/**
 * Links of /dev: runtime-spec runtime-linux.md#dev-symbolic-links, and ptmx of the container's own devpts. A link is made only
 * "if the source file exists", which is a question for /proc/kcore alone.
 */
export const defaultDeviceLinks: readonly { readonly path: string; readonly target: string }[] = [
  { path: '/dev/fd', target: '/proc/self/fd' },
  { path: '/dev/stdin', target: '/proc/self/fd/0' },
  { path: '/dev/stdout', target: '/proc/self/fd/1' },
  { path: '/dev/stderr', target: '/proc/self/fd/2' },
  { path: '/dev/core', target: '/proc/kcore' },
  { path: '/dev/ptmx', target: 'pts/ptmx' },
];

const char = (major: number, minor: number): OciDeviceRule => ({ allow: true, type: 'c', major, minor, access: 'rwm' });

/** What any container may use after a rule that denies all: its own nodes, pseudo-terminals, and mknod without use. */
export const defaultDeviceRules: readonly OciDeviceRule[] = [
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  char(1, 3),
  char(1, 5),
  char(1, 7),
  char(1, 8),
  char(1, 9),
  char(5, 0),
  char(5, 1),
  char(5, 2),
  { allow: true, type: 'c', major: 136, access: 'rwm' },
];

/**
 * The rules for a config.json: what it says, and after that what every container may use. As in runc, whose clients rely on it:
 * podman denies everything and says no more; a document without rules is denied all but the defaults.
 *
 * @example bundleDeviceRules([{ allow: false, access: 'rwm' }]).length > 1
 */
export const bundleDeviceRules = (asked: readonly OciDeviceRule[] | undefined): readonly OciDeviceRule[] => [
  ...(asked ?? [{ allow: false, access: 'rwm' }]),
  ...defaultDeviceRules,
  // Programs for networks of their own; runc took it out once and had to put it back.
  char(10, 200),
];

/** The most processes a container may have when nobody says how many: a fork bomb stops here. */
export const defaultPidsLimit = 2048;
