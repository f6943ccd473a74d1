/** From a file, a directory or a stream to the images in it, or to the root filesystem that it is. */
import { constants, openSync } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { aborted } from '../aborted.ts';
import type { ImageContext } from '../context.ts';
import { decompress } from '../layer/decompress.ts';
import type { StoreLayout } from '../store/layout.ts';
import { directoryFiles } from './directory-files.ts';
import { recogniseBytes } from './first-bytes.ts';
import { mayBeImageArchive, peekSize } from './first-member.ts';
import type { FoundImage } from './found-image.ts';
import type { ImageFiles } from './image-files.ts';
import { peek } from './peeked-stream.ts';
import { readRange } from './read-range.ts';
import { readArchive } from './recognise.ts';
import { spool } from './spool.ts';
import { tarFiles } from './tar-files.ts';
import { indexTar } from './tar-index.ts';
import { unreadable } from './unreadable.ts';

/** `close` lets go of files; it is always to be called. */
export type OpenedArchive =
  | { readonly type: 'images'; readonly images: readonly FoundImage[]; readonly close: () => Promise<void> }
  | {
      readonly type: 'rootfs-tar';
      /** Compressed or not, from its beginning; read once. */
      readonly blob: AsyncIterable<Uint8Array>;
      /** Bytes of the blob; null: unknown. */
      readonly size: number | null;
      readonly close: () => Promise<void>;
    }
  | { readonly type: 'rootfs-directory'; readonly path: string; readonly close: () => Promise<void> };

/** What a stream or a file can be. */
export type OpenedBytes = Exclude<OpenedArchive, { readonly type: 'rootfs-directory' }>;

type Needs = Pick<ImageContext, 'limits' | 'signal'> & { readonly layout: StoreLayout };

const nothingToClose = (): Promise<void> => Promise.resolve();

/**
 * @param name what messages call it
 * @throws TsrunError IMAGE_INVALID, IMAGE_UNSUPPORTED, IMAGE_NOT_FOUND
 */
export async function openArchive(path: string, name: string, needs: Needs): Promise<OpenedArchive> {
  let file: FileHandle;
  let type: 'file' | 'directory' | 'other';
  let size: number;
  try {
    if ((await stat(path)).isFIFO()) return await openFifo(path, name, needs);
    file = await open(path, constants.O_RDONLY);
    const stats = await file.stat();
    size = stats.size;
    type = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
  } catch (error) {
    throw unreadable(name, error);
  }
  try {
    if (type === 'file') return await openFile(file, size, name, needs);
  } catch (error) {
    await file.close();
    throw unreadable(name, error);
  }
  await file.close();
  if (type === 'directory') return openDirectory(path, name);
  throw new TsrunError('IMAGE_UNSUPPORTED', `cannot read "${name}" as an image`, {
    why: 'it is neither a file nor a directory',
  });
}

/**
 * Without O_NONBLOCK the open sleeps until somebody writes, in a thread that no signal reaches. The event loop waits for the writer
 * instead: a read before there is one would be taken for the end. Opened once only: a second open after the writer has gone would wait
 * for another.
 */
async function openFifo(path: string, name: string, needs: Needs): Promise<OpenedArchive> {
  const fifo = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stream = new Socket({ fd: fifo, readable: true, writable: false });
  try {
    return await openStream(addAbortSignal(needs.signal, stream), name, needs);
  } catch (error) {
    stream.destroy();
    throw needs.signal.aborted ? aborted(needs.signal) : error;
  }
}

async function openDirectory(path: string, name: string): Promise<OpenedArchive> {
  try {
    if ((await readdir(path)).length === 0) {
      throw new TsrunError('IMAGE_INVALID', `cannot use "${name}" as a root filesystem`, { why: 'it is empty' });
    }
  } catch (error) {
    throw unreadable(name, error);
  }
  const images = await readArchive(directoryFiles(path, name));
  if (images === null) return { type: 'rootfs-directory', path, close: nothingToClose };
  return { type: 'images', images, close: nothingToClose };
}

async function openFile(file: FileHandle, size: number, name: string, needs: Needs): Promise<OpenedBytes> {
  const head = Buffer.alloc(Math.min(size, 512));
  await file.read(head, 0, head.length, 0);
  const first = recogniseBytes(head);
  if (first.type === 'tar') return openSeekable(file, size, name);
  if (first.type === 'compressed')
    return openStream(readRange(file, { offset: 0, size }, name), name, needs, file, size);
  throw notAnImage(name, first);
}

/** The file belongs to what is returned. */
async function openSeekable(file: FileHandle, size: number, name: string): Promise<OpenedBytes> {
  const files: ImageFiles = tarFiles(file, await indexTar(file, size, name), name);
  const images = await readArchive(files);
  if (images !== null) return { type: 'images', images, close: () => files.close() };
  return { type: 'rootfs-tar', blob: readRange(file, { offset: 0, size }, name), size, close: () => files.close() };
}

/**
 * A root filesystem is unpacked as it arrives; an image, whose documents may come last, is kept in a file first.
 *
 * @param beneath the file the stream reads, closed with the result
 * @param size bytes of the stream when known
 */
export async function openStream(
  stream: AsyncIterable<Uint8Array>,
  name: string,
  needs: Needs,
  beneath: FileHandle | null = null,
  size: number | null = null,
): Promise<OpenedBytes> {
  const outer = await peek(stream, 512);
  const first = recogniseBytes(outer.head);
  if (first.type !== 'compressed' && first.type !== 'tar') {
    await outer.discard();
    throw notAnImage(name, first);
  }
  const inner = await peek(first.type === 'compressed' ? decompress(outer.all, `"${name}"`) : outer.all, peekSize);
  const within = recogniseBytes(inner.head);
  if (within.type !== 'tar') {
    await inner.discard();
    throw notAnImage(name, within, 'what it holds, decompressed, ');
  }
  if (!mayBeImageArchive(inner.head)) {
    return {
      type: 'rootfs-tar',
      blob: inner.all,
      size: first.type === 'tar' ? size : null,
      close: async () => {
        await inner.discard();
        await beneath?.close();
      },
    };
  }
  const copy = await spool(inner.all, needs.layout, needs.limits, needs.signal);
  try {
    const opened = await openSeekable(copy.file, copy.size, name);
    await beneath?.close();
    return opened;
  } catch (error) {
    await copy.file.close();
    throw error;
  }
}

function notAnImage(name: string, found: ReturnType<typeof recogniseBytes>, subject = 'it '): TsrunError {
  const looksLike = found.type === 'other' ? found.looksLike : null;
  if (found.type === 'empty')
    return new TsrunError('IMAGE_INVALID', `cannot read "${name}" as an image`, { why: `${subject}is empty` });
  return new TsrunError('IMAGE_INVALID', `cannot read "${name}" as an image`, {
    why: `${subject}is not a tar archive${looksLike === null ? '' : ` but looks like ${looksLike}`}`,
    hint: 'an image is what "docker save" or "skopeo copy" writes, an OCI layout, or a root filesystem as a tar or a directory',
  });
}
