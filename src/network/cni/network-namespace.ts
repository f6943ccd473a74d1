/**
 * A network namespace that plugins find at a path, before the container's first process and after its last: a mount on a file.
 */
import { closeSync, openSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectory } from '../../host/make-directory.ts';
import { addon } from '../../native/addon.ts';
import { must } from '../kernel-network.ts';
import { tryNetlink } from '../netlink/send.ts';
import { linkUp } from '../netlink/veth.ts';
import { told } from '../netlink/witness.ts';

/** The first interface of every namespace is its loopback. */
const loopback = 1;

/** With its loopback up. One of the container's last run goes. */
export function makeNetworkNamespace(file: string): void {
  removeNetworkNamespace(file);
  makeDirectory(dirname(file), 0o700);
  told(
    () => addon().keepNetworkNamespace(file),
    (_, nanoseconds) => ({ type: 'namespace', file, nanoseconds }),
  );
  const space = openSync(file, 'r');
  try {
    must(
      tryNetlink('route', [linkUp(loopback)], { type: 'other', network: space, users: -1 }),
      'cannot bring up the loopback',
      null,
    );
  } finally {
    closeSync(space);
  }
}

/** Idempotent. */
export function removeNetworkNamespace(file: string): void {
  addon().detachMount(file);
  try {
    unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
