/** The steps that put the root filesystem in place, usually inside a mount namespace of the container's own. */
import type { OciConfig } from '../oci/config.ts';
import { hasNamespace } from './namespaces.ts';
import type { OpenPath, Overlay, Propagation, Reach, RootfsBind, RootPropagation, RootReadonly } from './plan.ts';
import type { Slots } from './slots.ts';

export type Rootfs =
  | {
      readonly type: 'overlay';
      /** Absolute layer directories, bottom first. */
      readonly layers: readonly string[];
      readonly upper: string;
      readonly work: string;
      /** Empty host directory to mount on; the mount is seen in the container's namespace only. */
      readonly target: string;
      readonly userxattr: boolean;
      /** Nothing of the upper layer is to outlive the mount: nobody waits for the disk (ADR 26). */
      readonly volatile: boolean;
    }
  | {
      readonly type: 'bind';
      readonly source: string;
      readonly target: string;
      /** From the first moment on: mount points that are missing are not made, and their mounts are left out. */
      readonly readonly: boolean;
    };

/**
 * How mount events reach the two roots. The host's, in a namespace of the container's own, is cut off first of all. In the
 * host's namespace it stays as it is, and the container's is private before anything is mounted below it: nothing spreads.
 */
export function rootPropagation(config: OciConfig): {
  readonly host: readonly RootPropagation[];
  readonly early: readonly RootPropagation[];
  readonly late: readonly RootPropagation[];
} {
  const { early, late } = askedPropagation(config);
  if (!hasNamespace(config, 'mount')) return { host: [], early: ofContainer('private', 'tree'), late };
  return { host: [{ kind: 'root-propagation', root: 'host', propagation: 'slave', reach: 'tree' }], early, late };
}

const ofContainer = (propagation: Propagation, reach: Reach): readonly RootPropagation[] => [
  { kind: 'root-propagation', root: 'container', propagation, reach },
];

/**
 * linux.rootfsPropagation. The root is a slave of the host's already. A private one is so before anything is mounted below
 * it, where volumes have words of their own; a shared one cannot be given to pivot_root(2), and of an unbindable one the
 * steps that make paths read-only could not take copies.
 */
function askedPropagation(config: OciConfig): Pick<ReturnType<typeof rootPropagation>, 'early' | 'late'> {
  switch (config.linux?.rootfsPropagation) {
    case undefined:
    case 'slave':
    case 'rslave':
      return { early: [], late: [] };
    case 'private':
    case 'rprivate':
      return { early: ofContainer('private', 'tree'), late: [] };
    case 'shared':
      return { early: [], late: ofContainer('shared', 'this') };
    case 'rshared':
      return { early: [], late: ofContainer('shared', 'tree') };
    case 'unbindable':
      return { early: ofContainer('private', 'tree'), late: ofContainer('unbindable', 'this') };
    case 'runbindable':
      return { early: ofContainer('private', 'tree'), late: ofContainer('unbindable', 'tree') };
  }
}

export function rootfsSteps(
  rootfs: Rootfs,
  slots: Slots,
  nodev: boolean,
): { readonly opens: readonly OpenPath[]; readonly mounts: readonly (Overlay | RootfsBind | RootReadonly)[] } {
  const opens: OpenPath[] = [];
  const open = (path: string): number => {
    const slot = slots.take();
    opens.push({ kind: 'open-path', slot, path });
    return slot;
  };
  if (rootfs.type === 'bind') {
    const source = open(rootfs.source);
    const at = open(rootfs.target);
    const bind = { kind: 'rootfs-bind', source, at, target: rootfs.target, nodev } as const;
    return { opens, mounts: rootfs.readonly ? [bind, { kind: 'root-readonly' }] : [bind] };
  }
  // Overlay names the topmost layer first.
  const lower = [...rootfs.layers].reverse().map(open);
  const upper = open(rootfs.upper);
  const work = open(rootfs.work);
  const at = open(rootfs.target);
  return {
    opens,
    mounts: [
      {
        kind: 'overlay',
        lower,
        upper,
        work,
        at,
        target: rootfs.target,
        nodev,
        userxattr: rootfs.userxattr,
        volatile: rootfs.volatile,
      },
    ],
  };
}
