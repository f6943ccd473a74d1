/** A container as the networks know it: its id, and the file that says where it is. */
import { join } from 'node:path';
import type { Paths } from '../host/paths.ts';
import type { Endpoint } from '../network/endpoint.ts';
import { type Holder, readEndpoints } from '../network/endpoint-file.ts';
import { containersDirectory, endpointsFile } from './container-directory.ts';

export const holderOf = (paths: Paths, id: string): Holder => ({
  id,
  file: join(containersDirectory(paths), id, endpointsFile),
});

/** Where it is, or is about to be. */
export const endpointsOf = (paths: Paths, id: string): readonly Endpoint[] => readEndpoints(holderOf(paths, id));
