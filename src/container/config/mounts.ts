/** The mounts of a container: the kernel's filesystems, the three files of /etc, volumes. */
import { posix } from 'node:path';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { ImageConfig } from '../../image/image.ts';
import type { OciMount } from '../../oci/config.ts';
import { defaultMounts } from '../../oci/defaults.ts';
import { attributeOptions, namespaceOption, subpathOption } from '../../oci/mount-options.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import {
  hasOwnNetwork,
  type IpcJoin,
  type MountRequest,
  type RunRequest,
  type VolumeMount,
} from '../request/run-request.ts';
import type { ConfigInput } from './input.ts';

/**
 * In the order of mounting: the kernel's own, then everything else from the outside in, so that a volume on /etc does
 * not hide the /etc/hosts that was mounted before it. What the request mounts replaces a default at the same place.
 *
 * @throws TsrunError USAGE for a mount at or below /proc that would hide it.
 */
export function containerMounts(input: ConfigInput, request: RunRequest): readonly OciMount[] {
  const requested = request.mounts.map((mount) => fromRequest(mount, input));
  for (const mount of requested) refuseFakeProc(mount);
  const taken = new Set(requested.map((mount) => mount.destination));
  const ownDev = taken.has('/dev');
  const kernel = kernelMounts(request, input.userns).filter(
    ({ destination }) => !taken.has(destination) && !(ownDev && destination.startsWith('/dev/')),
  );
  const files = [
    fileMount('/etc/resolv.conf', input.files.resolvConf),
    fileMount('/etc/hostname', input.files.hostname),
    fileMount('/etc/hosts', input.files.hosts),
  ].filter(({ destination }) => !taken.has(destination));
  const rest = [...files, ...requested];
  const depth = ({ destination }: OciMount): number => (destination === '/' ? 0 : destination.split('/').length);
  return [...kernel, ...rest.sort((a, b) => depth(a) - depth(b))];
}

function kernelMounts(request: RunRequest, userns: UserNamespace): readonly OciMount[] {
  const nested = userns.type === 'new';
  const mounts: OciMount[] = [];
  for (const mount of [...defaultMounts, sharedMemory(request)]) {
    const { destination } = mount;
    // The kernel mounts these afresh only for the owner of the namespace they show: a user namespace that shares the
    // host's has to bind the host's.
    if (destination === '/proc' && nested && request.pid === 'host') mounts.push(hostTree('/proc', []));
    else if (destination === '/sys' && nested && !hasOwnNetwork(request.network))
      mounts.push(hostTree('/sys', ['rro']));
    else if (destination === '/sys/fs/cgroup' && nested && request.cgroupns === 'host')
      mounts.push(hostTree('/sys/fs/cgroup', ['rro']));
    // Root's fresh one shows the host's queues. Others may not mount it, and mq_open(3) needs none.
    else if (destination === '/dev/mqueue' && nested && request.ipc === 'host') continue;
    else if (destination === '/dev/shm' && request.ipc === 'host') mounts.push(hostTree('/dev/shm', []));
    else if (destination === '/dev/shm' && request.ipc === 'none') continue;
    else if (destination === '/dev/shm' && typeof request.ipc === 'object') mounts.push(memoryOf(request.ipc));
    else if (destination === '/dev/pts') mounts.push(pseudoTerminals(mount, userns));
    else if (request.privileged) mounts.push({ ...mount, options: (mount.options ?? []).filter((o) => o !== 'ro') });
    else mounts.push(mount);
  }
  return mounts;
}

const hostTree = (path: string, more: readonly string[]): OciMount => ({
  destination: path,
  type: 'bind',
  source: path,
  options: ['rbind', 'rprivate', 'nosuid', 'noexec', 'nodev', ...more],
});

function memoryOf(other: IpcJoin): OciMount {
  if (other.type === 'container')
    throw new Error(`the container "${other.container}" was not found before the config was made`);
  const { options = [], ...tree } = hostTree('/dev/shm', []);
  return { ...tree, options: [...options, namespaceOption(`/proc/${other.pid}/ns/mnt`)] };
}

const sharedMemory = (request: RunRequest): OciMount => ({
  destination: '/dev/shm',
  type: 'tmpfs',
  source: 'shm',
  options: ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${request.shmSize}`],
});

/** gid 5 is "tty" everywhere, but an id that is not mapped is EINVAL. */
function pseudoTerminals(mount: OciMount, userns: UserNamespace): OciMount {
  const mapped =
    userns.type === 'host' || userns.gids.some(({ container, size }) => container <= 5 && 5 < container + size);
  return mapped ? mount : { ...mount, options: (mount.options ?? []).filter((option) => option !== 'gid=5') };
}

const fileMount = (destination: string, source: string): OciMount => ({
  destination,
  type: 'bind',
  source,
  options: ['bind', 'rprivate'],
});

/** Where an image has volumes. It need not have the directories: docker makes them when the container starts. */
export function volumeDirectories(image: Pick<ImageConfig, 'volumes'>): readonly string[] {
  // Resolved against / here, and below the root's file descriptor by native code: "/../.." leads nowhere.
  const targets = new Set(image.volumes.map((volume) => posix.resolve('/', volume)));
  return [...targets].filter((target) => target !== '/' && !ofKernel(target));
}

/** An image has no say there: a filesystem of ours would hide the kernel's, and copying up would read all of it. */
const ofKernel = (path: string): boolean => /^\/(proc|sys|dev)(\/|$)/.test(path);

function fromRequest(mount: MountRequest, input: ConfigInput): OciMount {
  const destination = posix.resolve('/', mount.target);
  if (mount.type === 'tmpfs') {
    const copyUp = mount.copyUp ? ['tmpcopyup'] : [];
    return {
      destination,
      type: 'tmpfs',
      source: 'tmpfs',
      options: [...attributeOptions(mount.attributes), ...mount.parameters, ...copyUp],
    };
  }
  if (mount.type === 'volume')
    throw new Error(`the volume at "${destination}" was not chosen before the config was made`);
  if (mount.type === 'chosen-volume') {
    return { destination, type: 'bind', source: mount.source, options: volumeOptions(mount, input) };
  }
  return {
    destination,
    type: 'bind',
    source: mount.source,
    options: [
      mount.recursive ? 'rbind' : 'bind',
      ...(mount.access === 'rw' ? [] : [mount.access]),
      mount.recursive ? `r${mount.propagation}` : mount.propagation,
    ],
  };
}

/**
 * One volume may be of containers with different user namespaces: root's keep the ids that they have inside, and the mount maps
 * them. An ordinary user may map no ids, and has one map for all containers.
 */
function volumeOptions({ access, ids, subpath }: VolumeMount, { userns, host }: ConfigInput): readonly string[] {
  const mapped = ids === 'container' && userns.type === 'new' && host.privilege.type === 'root';
  return [
    ...['rbind', 'rprivate'],
    ...(access === 'ro' ? ['rro'] : []),
    ...(mapped ? ['idmap'] : []),
    ...(subpath === '' ? [] : [subpathOption(subpath)]),
  ];
}

/** Files that lxcfs and its kind replace. */
const procFiles = new Set(
  ['cpuinfo', 'diskstats', 'loadavg', 'meminfo', 'slabinfo', 'stat', 'swaps', 'uptime'].map((name) => `/proc/${name}`),
);

/** A directory in the place of /proc makes programs believe what the image says about itself (CVE-2019-16884). */
function refuseFakeProc({ destination, type, source }: OciMount): void {
  const below = destination === '/proc' || destination.startsWith('/proc/');
  const real = destination === '/proc' && type === 'bind' && source === '/proc';
  if (!below || real || procFiles.has(destination)) return;
  throw new TsrunError('USAGE', `cannot mount anything at "${destination}"`, {
    why: '/proc has to be the real one',
    hint: `these may be replaced: ${[...procFiles].join(', ')}`,
  });
}
