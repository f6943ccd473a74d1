/** An image archive that is a seekable tar: members are read by offset, several at once. */
import type { FileHandle } from 'node:fs/promises';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { maxDocumentBytes, tooLargeDocument } from '../document/json.ts';
import type { ImageFiles } from './image-files.ts';
import { readRange } from './read-range.ts';
import type { TarIndex } from './tar-index.ts';

/** docker save wrote links to links; nobody writes longer chains. */
const maxLinks = 8;

/** Takes over the file: `close` closes it. */
export function tarFiles(file: FileHandle, index: TarIndex, name: string): ImageFiles {
  const find = (member: string): { readonly offset: number; readonly size: number } | null => {
    let at = member;
    for (let links = 0; links <= maxLinks; links += 1) {
      const found = index.get(at);
      if (found?.type === 'file') return found;
      if (found?.type !== 'link') return null;
      at = found.target;
    }
    return null;
  };
  const need = (member: string) => {
    const found = find(member);
    if (found === null) throw missingMember(name, member);
    return found;
  };
  return {
    name,
    size: (member) => Promise.resolve(find(member)?.size ?? null),
    async read(member) {
      const { offset, size } = need(member);
      if (size > maxDocumentBytes) throw tooLargeDocument(member, size);
      const buffer = Buffer.alloc(size);
      const { bytesRead } = await file.read(buffer, 0, size, offset);
      return buffer.subarray(0, bytesRead);
    },
    open(member) {
      const { offset, size } = need(member);
      return readRange(file, { offset, size }, name);
    },
    topLevel: () => Promise.resolve(new Set([...index.keys()].map((member) => member.split('/', 1)[0] ?? member))),
    list: (directory) => {
      const below = [...index.keys()].filter((member) => member.startsWith(`${directory}/`));
      return Promise.resolve(new Set(below.map((member) => member.slice(directory.length + 1).split('/', 1)[0] ?? '')));
    },
    close: () => file.close(),
  };
}

export const missingMember = (name: string, member: string): TsrunError =>
  new TsrunError('IMAGE_INVALID', `cannot read "${name}": the image is not complete`, {
    why: `"${member}" is missing`,
  });
