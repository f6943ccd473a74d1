/**
 * A container without a mount namespace has its mounts in the runtime's own, where nothing takes them away with it. What lay at
 * its root before is in the file `root-mount` of its directory: "ID PATH", for `delete` in native/oci.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bundle } from '../../bundle/read-bundle.ts';
import { addon } from '../../native/addon.ts';
import { hasNamespace } from '../../plan/namespaces.ts';

/** Takes the mounts of a container that could not be made away. */
export type UndoRootMount = () => void;

/**
 * To be called before anything is mounted.
 *
 * @param directory of the container
 */
export function recordRootMount(directory: string, { config, rootfs }: Bundle): UndoRootMount {
  if (hasNamespace(config, 'mount')) return () => {};
  const before = addon().topMount(rootfs);
  writeFileSync(join(directory, 'root-mount'), `${before} ${rootfs}`, { mode: 0o600 });
  return () => addon().detachAbove(rootfs, before);
}
