/** The config.json of `tsrun-oci spec`: the same container as runc's, a shell in a read-only root, to be edited by hand. */
import { type OciConfig, type OciMount, ociVersion } from './config.ts';
import { defaultMaskedPaths, defaultMounts, defaultPath, defaultReadonlyPaths } from './defaults.ts';
import type { OciNamespaceType } from './linux.ts';

/** Whose container it becomes: root's, or that of an ordinary user with these ids. */
export type ExampleFor =
  | { readonly type: 'root' }
  | { readonly type: 'rootless'; readonly uid: number; readonly gid: number };

const capabilities = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'];

const shm: OciMount = {
  destination: '/dev/shm',
  type: 'tmpfs',
  source: 'shm',
  options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'],
};

/**
 * The document; print it as JSON with tabs, as runc does.
 *
 * @example exampleConfig({ type: 'rootless', uid: 1000, gid: 1000 }).linux?.uidMappings
 *   // [{ containerID: 0, hostID: 1000, size: 1 }]
 */
export function exampleConfig(whose: ExampleFor): OciConfig {
  return {
    ociVersion,
    process: {
      terminal: true,
      user: { uid: 0, gid: 0 },
      args: ['sh'],
      env: [`PATH=${defaultPath}`, 'TERM=xterm'],
      cwd: '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: true },
    hostname: 'tsrun',
    mounts: whose.type === 'root' ? rootMounts : rootMounts.map(forRootless),
    linux: {
      ...(whose.type === 'root'
        ? { resources: { devices: [{ allow: false, access: 'rwm' }] } }
        : { uidMappings: [oneId(whose.uid)], gidMappings: [oneId(whose.gid)] }),
      namespaces: namespacesFor(whose).map((type) => ({ type })),
      maskedPaths: defaultMaskedPaths,
      readonlyPaths: defaultReadonlyPaths,
    },
  };
}

const rootMounts: readonly OciMount[] = defaultMounts.flatMap((mount) =>
  mount.destination === '/dev/pts' ? [mount, shm] : [mount],
);

const oneId = (id: number) => ({ containerID: 0, hostID: id, size: 1 });

/** An ordinary user's has the host's network: there is nobody to set up another. */
const namespacesFor = (whose: ExampleFor): readonly OciNamespaceType[] =>
  whose.type === 'root'
    ? ['pid', 'network', 'ipc', 'uts', 'cgroup', 'mount']
    : ['pid', 'ipc', 'uts', 'cgroup', 'mount', 'user'];

/** A sysfs can be mounted by the owner of a network namespace only, and group 5 is not mapped. */
function forRootless(mount: OciMount): OciMount {
  if (mount.destination === '/sys') {
    return { destination: '/sys', type: 'none', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'] };
  }
  return { ...mount, options: (mount.options ?? []).filter((option) => !/^[ug]id=/.test(option)) };
}
