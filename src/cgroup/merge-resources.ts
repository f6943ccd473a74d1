/** `linux.resources` of a container with the changes of an update: pure. */
import type { OciMemory, OciResources } from '../oci/resources.ts';

/**
 * Field by field: what the changes name replaces what was there, the rest stays. `unified` by file, `hugepageLimits` by
 * page size, rates and weights of a disk by disk. What clients write for "not set" changes nothing. Swap has a limit of its own
 * in cgroup v2, so that another limit for memory moves the sum of the two, as runc and crun do it.
 */
export function mergeResources(before: OciResources, update: OciResources): OciResources {
  const changes = withoutUnset(update);
  const merged: OciResources = {
    ...before,
    ...changes,
    ...(changes.memory === undefined ? {} : { memory: mergeMemory(before.memory ?? {}, changes.memory) }),
    ...both('cpu', before, changes),
    ...both('pids', before, changes),
    ...both('rdma', before, changes),
    ...both('unified', before, changes),
    ...both('network', before, changes),
  };
  const { blockIO, hugepageLimits } = changes;
  return {
    ...merged,
    ...(blockIO === undefined ? {} : { blockIO: mergeBlockIo(before.blockIO ?? {}, blockIO) }),
    ...(hugepageLimits === undefined
      ? {}
      : { hugepageLimits: byKey(before.hugepageLimits ?? [], hugepageLimits, ({ pageSize }) => pageSize) }),
  };
}

/** Fields whose zero, or empty text, means that nobody asked: those of Go that are no pointers, or were none. */
const unset = {
  memory: ['limit', 'reservation', 'swap', 'kernel', 'kernelTCP'],
  cpu: ['shares', 'quota', 'period', 'realtimeRuntime', 'realtimePeriod', 'cpus', 'mems'],
  pids: ['limit'],
  blockIO: ['weight', 'leafWeight'],
} as const;

function withoutUnset(update: OciResources): OciResources {
  const sections = Object.entries(unset).flatMap(([name, fields]) => {
    const section = update[name as keyof typeof unset];
    if (section === undefined) return [];
    const asked = Object.entries(section).filter(
      ([field, value]) => (value !== 0 && value !== '') || !fields.some((each) => each === field),
    );
    return [[name, Object.fromEntries(asked)] as const];
  });
  return { ...update, ...Object.fromEntries(sections) };
}

function mergeMemory(before: OciMemory, changes: OciMemory): OciMemory {
  const { limit: old = 0, swap = 0 } = before;
  const { limit } = changes;
  const merged = { ...before, ...changes };
  if (limit === undefined || changes.swap !== undefined || swap <= 0) return merged;
  return { ...merged, swap: limit < 0 ? -1 : limit + (swap - old) };
}

type Section = 'cpu' | 'pids' | 'rdma' | 'unified' | 'network';

function both<S extends Section>(
  section: S,
  before: OciResources,
  changes: OciResources,
): Pick<OciResources, S> | object {
  if (changes[section] === undefined) return {};
  return { [section]: { ...before[section], ...changes[section] } };
}

type BlockIo = NonNullable<OciResources['blockIO']>;

function mergeBlockIo(before: BlockIo, changes: BlockIo): BlockIo {
  const disk = ({ major, minor }: { readonly major: number; readonly minor: number }): string => `${major}:${minor}`;
  const lists = [
    'throttleReadBpsDevice',
    'throttleWriteBpsDevice',
    'throttleReadIOPSDevice',
    'throttleWriteIOPSDevice',
  ] as const;
  const merged = lists.flatMap((name) => {
    const list = changes[name];
    return list === undefined ? [] : [[name, byKey(before[name] ?? [], list, disk)] as const];
  });
  const { weightDevice } = changes;
  return {
    ...before,
    ...changes,
    ...Object.fromEntries(merged),
    ...(weightDevice === undefined ? {} : { weightDevice: byKey(before.weightDevice ?? [], weightDevice, disk) }),
  };
}

function byKey<Item>(
  before: readonly Item[],
  changes: readonly Item[],
  keyOf: (item: Item) => string,
): readonly Item[] {
  return [...new Map([...before, ...changes].map((item) => [keyOf(item), item])).values()];
}

/** Only the sections that an update names, each whole: what has to be written. */
export function touchedSections(before: OciResources, merged: OciResources, changes: OciResources): OciResources {
  const names = (Object.keys(changes) as (keyof OciResources)[]).filter((name) => changes[name] !== undefined);
  const touched: OciResources = Object.fromEntries(names.map((name) => [name, merged[name]]));
  // A group that is idle takes no weight; it gets the one in its config when it no longer is.
  if (before.cpu?.idle !== 1 || touched.cpu?.idle !== 1) return touched;
  const { shares: _, ...rest } = touched.cpu;
  return { ...touched, cpu: rest };
}
