/** Where the network namespace is that plugins connect: in the state directory, which a reboot may take. */
import { join } from 'node:path';
import type { Paths } from '../../host/paths.ts';

export const networkNamespaceFile = (paths: Paths, containerId: string): string =>
  join(paths.state, 'cni', containerId);
