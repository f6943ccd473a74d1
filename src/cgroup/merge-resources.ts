/** `linux.resources` of a container with the changes of an update: pure. */
import type { OciResources } from '../oci/resources.ts';

/**
 * Field by field: what the changes name replaces what was there, the rest stays. `unified` by file, `hugepageLimits` by
 * page size, rates and weights of a disk by disk.
 */
export function mergeResources(before: OciResources, changes: OciResources): OciResources {
  const merged: OciResources = {
    ...before,
    ...changes,
    ...both('memory', before, changes),
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

type Section = 'memory' | 'cpu' | 'pids' | 'rdma' | 'unified' | 'network';

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
export function touchedSections(merged: OciResources, changes: OciResources): OciResources {
  const names = (Object.keys(changes) as (keyof OciResources)[]).filter((name) => changes[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, merged[name]]));
}
