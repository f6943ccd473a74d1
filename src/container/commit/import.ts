/** `import`: an image of one layer from the archive of a root filesystem. */
import { closeSync, createReadStream, type Stats, statSync } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { aborted } from '../../image/aborted.ts';
import { unreadable } from '../../image/archive/unreadable.ts';
import type { ImageContext } from '../../image/context.ts';
import { parseImageConfig } from '../../image/document/image-config.ts';
import type { Digest, ImageConfig } from '../../image/image.ts';
import { hostPlatform, parsePlatform } from '../../image/platform.ts';
import { prepareStore } from '../../image/prepare-store.ts';
import type { Reference } from '../../image/reference.ts';
import { syncStore } from '../../image/store/durability.ts';
import { storeLayout } from '../../image/store/layout.ts';
import { storeWithNewLayer } from '../../image/store/store-new-layer.ts';
import { tidyStore } from '../../image/store/tidy.ts';
import { changeConfig } from './change-config.ts';

export interface ImportRequest {
  /** A file, or `-`: standard input. */
  readonly source: string;
  /** Dockerfile instructions. */
  readonly changes: readonly string[];
  readonly message: string | null;
  /** null: an image that has its id alone. */
  readonly name: Reference | null;
}

/**
 * Whatever the archive looks like, it is taken for a root filesystem. The config is empty but for what the changes say, as with
 * docker.
 *
 * @returns the image's id
 * @throws TsrunError USAGE for a change that is none; IMAGE_INVALID, IMAGE_NOT_FOUND, IMAGE_UNSUPPORTED, STORE, ABORTED
 */
export async function importImage(request: ImportRequest, ctx: ImageContext): Promise<Digest> {
  // What is wrong with them is said before anything is read.
  changeConfig({}, request.changes);
  const platform = ctx.platform === null ? null : parsePlatform(ctx.platform);
  const layout = storeLayout(ctx.paths);
  await tidyStore(ctx.paths);
  const { stream, size } = open(request.source, ctx);
  try {
    prepareStore(layout);
    ctx.onProgress({ type: 'start', layers: [{ name: 'root filesystem', bytes: size ?? 0 }] });
    const image = await storeWithNewLayer(
      layout,
      { layers: [], paths: [] },
      {
        blob: stream as AsyncIterable<Uint8Array>,
        size,
        what: `"${request.source}"`,
        describe: (diffId) => importedDocument(request, { ...hostPlatform(), ...platform }, diffId, new Date()),
      },
      { names: request.name === null ? [] : [request.name], policy: 'take', source: null },
      ctx,
    );
    ctx.onProgress({ type: 'done' });
    closeSync(image.lock);
    // Nothing remembers where it came from.
    await syncStore(layout);
    return image.id;
  } catch (error) {
    throw ctx.signal.aborted ? aborted(ctx.signal) : error;
  } finally {
    stream.destroy();
  }
}

function open(source: string, ctx: ImageContext): { readonly stream: Readable; readonly size: number | null } {
  if (source === '-') return { stream: addAbortSignal(ctx.signal, ctx.stdin), size: null };
  let stats: Stats;
  try {
    stats = statSync(source);
  } catch (error) {
    if (!/^https?:\/\//.test(source)) throw unreadable(source, error);
    throw new TsrunError('IMAGE_UNSUPPORTED', `cannot import "${source}"`, {
      why: 'tsrun fetches nothing but images of registries',
      hint: `curl -fsSL ${source} | tsrun import -`,
    });
  }
  if (stats.isDirectory()) {
    throw new TsrunError('IMAGE_UNSUPPORTED', `cannot import the directory "${source}"`, {
      why: 'an archive is expected',
      hint: `tar -C ${source} -c . | tsrun import -`,
    });
  }
  return {
    stream: addAbortSignal(ctx.signal, createReadStream(source)),
    size: stats.isFile() ? stats.size : null,
  };
}

function importedDocument(
  { source, changes, message }: ImportRequest,
  platform: Readonly<Record<'os' | 'architecture', string>> & { readonly variant: string | null },
  diffId: Digest,
  now: Date,
): { readonly config: ImageConfig; readonly configBytes: Uint8Array } {
  const created = now.toISOString();
  const { os, architecture, variant } = platform;
  const configBytes = Buffer.from(
    JSON.stringify({
      created,
      architecture,
      ...(variant === null ? {} : { variant }),
      os,
      config: changeConfig({}, changes),
      rootfs: { type: 'layers', diff_ids: [diffId] },
      history: [{ created, comment: message ?? `Imported from ${source}` }],
    }),
  );
  return { configBytes, config: parseImageConfig(configBytes).config };
}
