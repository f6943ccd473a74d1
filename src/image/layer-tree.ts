/** Stored layers as a forest: what lies on what, and which images end where. */
import type { Paths } from '../host/paths.ts';
import { layerBytes } from './history.ts';
import type { Digest } from './image.ts';
import { listImages } from './list-images.ts';
import { readImageRecord } from './store/image-record.ts';
import { storeLayout } from './store/layout.ts';

export interface LayerNode {
  readonly diffId: Digest;
  /** Of file data. */
  readonly bytes: number;
  /** Images whose topmost layer this is: their names, or the id of one without. */
  readonly images: readonly string[];
  readonly above: readonly LayerNode[];
}

interface Growing extends LayerNode {
  readonly images: string[];
  readonly above: Growing[];
}

/** Layers that lie on nothing, with all above them. */
export async function layerForest(paths: Paths): Promise<readonly LayerNode[]> {
  const layout = storeLayout(paths);
  const bytes = layerBytes(layout);
  const roots: Growing[] = [];
  const nodes = new Map<Digest, Growing>();
  for (const { id, names } of await listImages(paths)) {
    let siblings = roots;
    let top: Growing | null = null;
    for (const { diffId, chainId } of readImageRecord(layout, id)?.layers ?? []) {
      const node: Growing = nodes.get(chainId) ?? { diffId, bytes: bytes.get(chainId) ?? 0, images: [], above: [] };
      if (!nodes.has(chainId)) siblings.push(node);
      nodes.set(chainId, node);
      siblings = node.above;
      top = node;
    }
    top?.images.push(...(names.length === 0 ? [id] : names));
  }
  return roots;
}
