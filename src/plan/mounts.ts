/** config.mounts as steps, in their order (runtime-spec config.md#mounts). */
import type { OciMount } from '../oci/config.ts';
import { type ParsedMountOptions, parseMountOptions } from '../oci/mount-options.ts';
import type { PlanInput } from './build-plan.ts';
import type { Bind, BindSource, Demand, Mount, MountAttributes, OpenTree } from './plan.ts';
import type { Slots } from './slots.ts';

export function mountSteps(
  input: PlanInput,
  slots: Slots,
): { readonly openTrees: readonly OpenTree[]; readonly steps: readonly (Mount | Bind)[] } {
  const openTrees: OpenTree[] = [];
  // Where nobody can write, a mount point that the image lacks cannot be made.
  const demand = input.rootfs.type === 'bind' && input.rootfs.readonly ? 'best-effort' : 'required';
  const steps = (input.config.mounts ?? []).map((mount) => {
    const options = parseMountOptions(mount.options ?? []);
    if (options.bind === null && mount.type !== 'bind') return filesystem(mount, options, demand);
    return bind(mount, options, bindSource(input, mount, options, slots, openTrees), demand);
  });
  return { openTrees, steps };
}

function filesystem(mount: OciMount, options: ParsedMountOptions, demand: Demand): Mount {
  const type = mount.type ?? 'none';
  return {
    kind: 'mount',
    // The spec's name for "whatever control group version the host has"; tsrun has version 2 alone.
    filesystem: type === 'cgroup' ? 'cgroup2' : type,
    source: mount.source ?? type,
    target: mount.destination,
    // One mount, so that there is nothing below it.
    attributes: merge(options.attributes, options.recursive?.attributes ?? null),
    parameters: options.parameters,
    copyUp: options.copyUp,
    demand,
  };
}

function bind(mount: OciMount, options: ParsedMountOptions, source: BindSource, demand: Demand): Bind {
  const recursive = options.recursive;
  const said = options.said.length > 0 || recursive !== null;
  return {
    kind: 'bind',
    source,
    target: mount.destination,
    reach: options.bind === 'this' ? 'this' : 'tree',
    attributes: said ? merge(options.attributes, recursive?.attributes ?? null) : null,
    attributesReach: recursive === null ? 'this' : 'tree',
    propagation: options.propagation ?? 'private',
    propagationReach: options.propagation === null ? 'tree' : options.propagationReach,
    demand,
  };
}

function merge(own: MountAttributes, below: MountAttributes | null): MountAttributes {
  if (below === null) return own;
  return {
    readonly: own.readonly || below.readonly,
    nosuid: own.nosuid || below.nosuid,
    nodev: own.nodev || below.nodev,
    noexec: own.noexec || below.noexec,
    nodiratime: own.nodiratime || below.nodiratime,
    atime: below.atime === 'relatime' ? own.atime : below.atime,
  };
}

/**
 * Root with a user namespace opens the source itself: its mapped child may not traverse what the host's root may. A
 * shared volume too, because the copy must be a peer of the host's mount, and init's mounts are slaves of those.
 */
function bindSource(
  input: PlanInput,
  mount: OciMount,
  options: ParsedMountOptions,
  slots: Slots,
  openTrees: OpenTree[],
): BindSource {
  const path = mount.source ?? '/';
  const byMonitor =
    input.host.privilege.type === 'root' && (input.userns.type !== 'host' || options.propagation === 'shared');
  if (!byMonitor) return { from: 'path', path };
  const slot = slots.take();
  openTrees.push({ kind: 'open-tree', slot, source: path, reach: options.bind === 'this' ? 'this' : 'tree' });
  return { from: 'slot', slot };
}
