/** The items of a split on disk. */
import { createReadStream } from 'node:fs';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import { decompress } from '../decompress.ts';
import { type SplitItem, splitItems } from './items.ts';

/** @throws TsrunError STORE when it is damaged or cannot be read */
export async function* readSplit(path: string): AsyncGenerator<SplitItem> {
  try {
    yield* splitItems(decompress(createReadStream(path), 'it'));
  } catch (error) {
    const why = error instanceof TsrunError ? error.why : error instanceof Error ? error.message : String(error);
    throw new TsrunError('STORE', `cannot read "${path}"`, { why: why ?? 'it is damaged', cause: error });
  }
}

/** Bytes of the whole archive. */
export async function archiveSize(path: string): Promise<number> {
  let size = 0;
  for await (const item of readSplit(path)) {
    if (item.type === 'raw') size += item.bytes.length;
    else for (const { length } of item.extents) size += length;
  }
  return size;
}
