/** An image archive that is a directory: an OCI layout as umoci, skopeo and buildah write it. */
import { constants } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { maxDocumentBytes, tooLargeDocument } from '../document/json.ts';
import { isSystemError } from '../store/store-error.ts';
import type { ImageFiles } from './image-files.ts';
import { readRange } from './read-range.ts';
import { missingMember } from './tar-files.ts';
import { unreadable } from './unreadable.ts';

/** @param name what messages call it */
export function directoryFiles(directory: string, name: string): ImageFiles {
  const openMember = async (member: string): Promise<{ file: FileHandle; size: number } | null> => {
    try {
      // O_NONBLOCK: a FIFO must not hold us up.
      const file = await open(join(directory, member), constants.O_RDONLY | constants.O_NONBLOCK);
      const stats = await file.stat();
      if (stats.isFile()) return { file, size: stats.size };
      await file.close();
      return null;
    } catch (error) {
      if (isSystemError(error) && ['ENOENT', 'ENOTDIR', 'ENXIO', 'EISDIR'].includes(error.code)) return null;
      throw unreadable(join(directory, member), error);
    }
  };
  const need = async (member: string) => {
    const found = await openMember(member);
    if (found === null) throw missingMember(name, member);
    return found;
  };
  return {
    name,
    async size(member) {
      const found = await openMember(member);
      await found?.file.close();
      return found?.size ?? null;
    },
    async read(member) {
      const { file, size } = await need(member);
      try {
        if (size > maxDocumentBytes) throw tooLargeDocument(member, size);
        return await file.readFile();
      } finally {
        await file.close();
      }
    },
    async *open(member) {
      const { file, size } = await need(member);
      try {
        yield* readRange(file, { offset: 0, size }, name);
      } finally {
        await file.close();
      }
    },
    topLevel: async () => new Set(await readdir(directory)),
    list: async (below) => new Set(await readdir(join(directory, below))),
    close: () => Promise.resolve(),
  };
}
