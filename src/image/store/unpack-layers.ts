/** All layers of an image, unpacked side by side; what one needs of those below it, it waits for. */
import { availableParallelism } from 'node:os';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { throwIfAborted } from '../aborted.ts';
import type { LayerSource } from '../archive/found-image.ts';
import type { ImageContext } from '../context.ts';
import { applyLayer } from '../layer/apply-layer.ts';
import { meterLayer } from '../progress-meter.ts';
import { ensureLayer } from './layer-store.ts';
import type { StoreLayout } from './layout.ts';
import { unlock } from './lock.ts';
import { Slots } from './slots.ts';

export interface HeldLayers {
  /** Absolute directories, bottom first. */
  readonly paths: readonly string[];
  /** Of all of them, unpacked. */
  readonly bytes: number;
  /** Whether any of them was written just now. */
  readonly isNew: boolean;
  /** Lets the layers go, once a record refers to them. */
  readonly release: () => void;
}

/** More at once than there are cores does not help, and one alone leaves the disk idle while it decompresses. */
const slotCount = Math.max(2, availableParallelism());

/**
 * Layers are started bottom first, so the lowest unfinished one always runs or waits for another process that runs it, and
 * nobody waits in a circle. When one fails the others stop.
 */
export async function unpackLayers(
  layout: StoreLayout,
  sources: readonly LayerSource[],
  ctx: Pick<ImageContext, 'mapping' | 'limits' | 'signal' | 'onProgress'>,
): Promise<HeldLayers> {
  const stop = new AbortController();
  const signal = AbortSignal.any([ctx.signal, stop.signal]);
  const slots = new Slots(slotCount);
  const budget = new Budget(ctx.limits.maxBytes, ctx.limits.maxEntries);
  let below: Promise<readonly string[]> = Promise.resolve([]);
  const tasks = sources.map((source, index) => {
    const lower = below;
    const task = slots.run(() =>
      ensureLayer(layout, {
        diffId: source.diffId,
        chainId: source.chainId,
        mapping: ctx.mapping,
        signal,
        unpack: async (target, split) => {
          const blob = meterLayer(source.open(), { index, total: source.size }, ctx.onProgress);
          const { diffId, mapping } = { diffId: source.diffId, mapping: ctx.mapping };
          const done = await applyLayer({ blob, diffId, target, split, lower, mapping, limits: ctx.limits, signal });
          budget.spend(done);
          return done;
        },
      }),
    );
    below = Promise.all([task, lower]).then(([layer, lowest]) => [layer.path, ...lowest]);
    // Whoever needs it awaits it; without a handler of its own Node would call it unhandled.
    below.catch(() => undefined);
    task.then(
      ({ how }) => ctx.onProgress({ type: 'layer-done', index, how }),
      (error: unknown) => stop.abort(error),
    );
    return task;
  });
  const settled = await Promise.allSettled(tasks);
  const held = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const release = (): void => {
    for (const layer of held) unlock(layer.lock);
  };
  if (held.length === sources.length) {
    const bytes = held.reduce((sum, layer) => sum + layer.bytes, 0);
    const isNew = held.some((layer) => layer.how === 'unpacked');
    return { paths: held.map((layer) => layer.path), bytes, isNew, release };
  }
  release();
  throwIfAborted(ctx.signal);
  throw stop.signal.reason;
}

/** The limits hold for the image, not for each layer. */
class Budget {
  #bytes: number;
  #entries: number;

  constructor(bytes: number, entries: number) {
    this.#bytes = bytes;
    this.#entries = entries;
  }

  spend(layer: { readonly bytes: number; readonly entries: number }): void {
    this.#bytes -= layer.bytes;
    this.#entries -= layer.entries;
    if (this.#bytes >= 0 && this.#entries >= 0) return;
    throw new TsrunError('IMAGE_TOO_LARGE', 'cannot unpack the image: it is too large', {
      why: `its layers together have more than the allowed ${this.#bytes < 0 ? 'bytes' : 'files'}`,
    });
  }
}
