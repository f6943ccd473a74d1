/** `Mounts` of a container as docker's `inspect` shows them. */

import { localDriver } from '../container/request/driver-options.ts';
import type { MountRequest } from '../container/request/run-request.ts';

/** A tmpfs of `--tmpfs` too, which docker shows elsewhere. */
export const mountDocuments = (mounts: readonly MountRequest[]): readonly Readonly<Record<string, unknown>>[] =>
  mounts.map(mountDocument);

function mountDocument(mount: MountRequest): Readonly<Record<string, unknown>> {
  switch (mount.type) {
    case 'chosen-volume':
      return {
        Type: 'volume',
        Name: mount.name,
        Source: mount.source,
        Destination: mount.target,
        Driver: localDriver,
        Mode: mount.access === 'ro' ? 'ro' : '',
        RW: mount.access === 'rw',
        Propagation: '',
      };
    case 'bind':
      return {
        Type: 'bind',
        Source: mount.source,
        Destination: mount.target,
        Mode: mount.access === 'rw' ? '' : 'ro',
        RW: mount.access === 'rw',
        Propagation: `${mount.recursive ? 'r' : ''}${mount.propagation}`,
      };
    case 'tmpfs':
      return {
        Type: 'tmpfs',
        Source: '',
        Destination: mount.target,
        Mode: '',
        RW: !mount.attributes.readonly,
        Propagation: '',
      };
    case 'volume':
      throw new Error(`the volume at "${mount.target}" was not chosen when the container was made`);
  }
}
