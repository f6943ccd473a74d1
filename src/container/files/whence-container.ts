/** `whence` of a container: its writable layer over those of its image, and what is mounted over them. */
import { closeSync } from 'node:fs';
import type { Paths } from '../../host/paths.ts';
import { instructionsOf } from '../../image/history.ts';
import { readImageRecord } from '../../image/store/image-record.ts';
import { storeLayout } from '../../image/store/layout.ts';
import type { StackedTree } from '../../image/tree/layer-stack.ts';
import { type PathWhence, whence } from '../../image/tree/whence.ts';
import { filesFor } from '../container-directory.ts';
import type { KeptContainer } from '../kept/kept-container.ts';
import { configIfStarted } from '../kept/read-config.ts';
import { openImageOf } from './container-view.ts';

export interface ContainerMount {
  readonly destination: string;
  /** A path of the host, or what the kernel calls it. */
  readonly source: string;
  readonly type: string;
}

export interface ContainerWhence {
  readonly found: readonly PathWhence[];
  /** Instructions by diff id. */
  readonly instructions: ReadonlyMap<string, string>;
  /** What is mounted over what the layers have of the last path; null: nothing. */
  readonly mount: ContainerMount | null;
}

/**
 * @param path absolute or from the root, a byte string
 * @throws TsrunError STORE, IMAGE_* when its image cannot be used; USAGE for a loop of symlinks
 */
export async function whenceContainer(
  container: KeptContainer,
  path: string,
  { paths, signal }: { readonly paths: Paths; readonly signal: AbortSignal },
): Promise<ContainerWhence> {
  const image = await openImageOf(paths, container, signal);
  try {
    const mapping = container.record.userns;
    const record = image.type === 'layers' ? readImageRecord(storeLayout(paths), image.id) : null;
    const lower: readonly StackedTree[] =
      image.type === 'layers'
        ? image.layers.map((directory, n) => ({ directory, mapping, layer: record?.layers[n] ?? null }))
        : [{ directory: image.path, mapping, layer: null }];
    const upper: StackedTree = { directory: filesFor(paths, container.id).upper, mapping, layer: null };
    const found = await whence([...lower, upper], path);
    const instructions =
      image.type === 'layers' ? await instructionsOf(paths, image.id, signal) : new Map<string, string>();
    return { found, instructions, mount: mountOver(container, found.at(-1)?.path ?? '/') };
  } finally {
    if (image.type === 'layers') closeSync(image.lock);
  }
}

/** The one that was mounted last there or above it. */
function mountOver({ path: directory }: KeptContainer, path: string): ContainerMount | null {
  const mount = (configIfStarted(directory)?.mounts ?? []).findLast(({ destination }) =>
    `${path}/`.startsWith(`${destination.replace(/\/$/, '')}/`),
  );
  if (mount === undefined) return null;
  // A file that tsrun writes for it, such as its hosts.
  const source = (mount.source ?? '').replace(`${directory}/`, 'its own ');
  return { destination: mount.destination, source, type: mount.type ?? 'bind' };
}
