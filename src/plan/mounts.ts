/** config.mounts as steps, in their order (runtime-spec config.md#mounts). */
import type { OciMount } from '../oci/config.ts';
import { type AttributeWord, type ParsedMountOptions, parseMountOptions } from '../oci/mount-options.ts';
import type { PlanInput } from './build-plan.ts';
import { mountIdMap } from './mount-ids.ts';
import type {
  AttributeChange,
  AttributeFlag,
  Bind,
  BindSource,
  Demand,
  Inherited,
  Mount,
  MountAttributes,
  OpenTree,
  Reach,
  Remount,
} from './plan.ts';
import type { Slots } from './slots.ts';

export function mountSteps(
  input: PlanInput,
  slots: Slots,
): { readonly openTrees: readonly OpenTree[]; readonly steps: readonly (Mount | Remount | Bind)[] } {
  const openTrees: OpenTree[] = [];
  // Where nobody can write, a mount point that the image lacks cannot be made.
  const demand = input.rootfs.type === 'bind' && input.rootfs.readonly ? 'best-effort' : 'required';
  const steps = (input.config.mounts ?? []).map((mount, index) => {
    const options = parseMountOptions(mount.options ?? []);
    if (options.remount) return remount(mount, options, demand);
    if (options.bind === null && mount.type !== 'bind') {
      return filesystem(mount, options, input.config.linux?.mountLabel ?? '', demand);
    }
    return bind(mount, options, bindSource(input, index, mount, options, slots, openTrees), demand);
  });
  return { openTrees, steps };
}

/**
 * How a filesystem gets linux.mountLabel. Those of the kernel have labels by the policy; a message queue's superblock is
 * older than its mount, so only its root can be labelled.
 */
function labelling(type: string, mountLabel: string): 'none' | 'parameter' | 'root' {
  if (mountLabel === '' || ['proc', 'sysfs', 'cgroup', 'cgroup2'].includes(type)) return 'none';
  return type === 'mqueue' ? 'root' : 'parameter';
}

/** A tmpfs that nobody gave a mode has that of the directory below, as with runc and crun: /run stays 0755. */
function inherited(type: string, options: ParsedMountOptions): Inherited {
  if (options.copyUp) return 'content';
  const hasMode = options.parameters.some((parameter) => parameter.startsWith('mode='));
  return type === 'tmpfs' && !hasMode ? 'mode' : 'nothing';
}

function filesystem(mount: OciMount, options: ParsedMountOptions, mountLabel: string, demand: Demand): Mount {
  const type = mount.type ?? 'none';
  const labelled = labelling(type, mountLabel);
  return {
    kind: 'mount',
    // The spec's name for "whatever control group version the host has"; tsrun has version 2 alone.
    filesystem: type === 'cgroup' ? 'cgroup2' : type,
    source: mount.source ?? type,
    target: mount.destination,
    // One mount, so that there is nothing below it, and what is said about those below is said last.
    attributes: { ...options.attributes, ...said(options.recursive) },
    parameters: labelled === 'parameter' ? [...options.parameters, `context=${mountLabel}`] : options.parameters,
    inherits: inherited(type, options),
    label: labelled === 'root' ? mountLabel : '',
    propagation: options.propagation,
    demand,
  };
}

function remount(mount: OciMount, options: ParsedMountOptions, demand: Demand): Remount {
  return {
    kind: 'remount',
    target: mount.destination,
    changes: changes(options),
    // With "bind" it is about the mount alone.
    parameters: options.bind === null ? options.parameters : [],
    propagation: options.propagation,
    propagationReach: options.propagationReach,
    demand,
  };
}

function bind(mount: OciMount, options: ParsedMountOptions, source: BindSource, demand: Demand): Bind {
  return {
    kind: 'bind',
    source,
    target: mount.destination,
    reach: options.bind === 'this' ? 'this' : 'tree',
    changes: changes(options),
    propagation: options.propagation ?? 'private',
    propagationReach: options.propagation === null ? 'tree' : options.propagationReach,
    demand,
  };
}

type Said = Pick<ParsedMountOptions, 'attributes' | 'said'>;

const fields: Readonly<Record<AttributeWord, keyof MountAttributes>> = {
  ro: 'readonly',
  nosuid: 'nosuid',
  nodev: 'nodev',
  noexec: 'noexec',
  nodiratime: 'nodiratime',
  nosymfollow: 'nosymfollow',
  atime: 'atime',
};

function said(from: Said | null): Partial<MountAttributes> {
  if (from === null) return {};
  return Object.fromEntries(from.said.map((word) => [fields[word], from.attributes[fields[word]]]));
}

/** What was said about this mount comes first, so that `ro,rrw` is writable: in this order runc does it. */
function changes(options: ParsedMountOptions): readonly AttributeChange[] {
  return [...change(options, 'this'), ...(options.recursive === null ? [] : change(options.recursive, 'tree'))];
}

function change(from: Said, reach: Reach): readonly AttributeChange[] {
  if (from.said.length === 0) return [];
  const set: AttributeFlag[] = [];
  const clear: AttributeFlag[] = [];
  for (const word of from.said) {
    const field = fields[word];
    if (field !== 'atime') (from.attributes[field] ? set : clear).push(field);
  }
  return [{ reach, set, clear, atime: from.said.includes('atime') ? from.attributes.atime : null }];
}

/**
 * Root with a user namespace opens the source itself: its mapped child may not traverse what the host's root may. A
 * shared volume too, because the copy must be a peer of the host's mount, and init's mounts are slaves of those; and one
 * with mapped ids, which only root of the host may map. And what is in another mount namespace: the monitor can go there.
 */
function bindSource(
  input: PlanInput,
  index: number,
  mount: OciMount,
  options: ParsedMountOptions,
  slots: Slots,
  openTrees: OpenTree[],
): BindSource {
  const path = mount.source ?? '/';
  const idMap = mountIdMap(input, index, mount, options);
  const byMonitor =
    input.host.privilege.type === 'root' && (input.userns.type !== 'host' || options.propagation === 'shared');
  const { subpath, namespace } = options;
  if (!byMonitor && idMap === null && namespace === '') return { from: 'path', path, subpath };
  const slot = slots.take();
  const reach = options.bind === 'this' ? 'this' : 'tree';
  openTrees.push({ kind: 'open-tree', slot, source: path, subpath, reach, namespace, idMap });
  return { from: 'slot', slot };
}
