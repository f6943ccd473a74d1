/** The name of a tar's first member, from its first bytes: what decides whether a stream is an image or a root filesystem. */
import { memberName } from './member-name.ts';
import { blockSize, paddedSize, readPaxRecords, readTarHeader } from './tar-header.ts';

/** How much of a stream is looked at. */
export const peekSize = 64 * 1024;

/** The first member that is not the root directory itself; null when the bytes show none. */
export function firstMember(head: Uint8Array): string | null {
  let path: string | null = null;
  for (let offset = 0; offset + blockSize <= head.length; ) {
    const header = readTarHeader(head.subarray(offset, offset + blockSize));
    if (header === null) return null;
    const data = head.subarray(offset + blockSize, offset + blockSize + header.size);
    offset += blockSize + paddedSize(header.size);
    if (header.type === 'x') path = readPaxRecords(data).get('path') ?? path;
    if (header.type === 'L') path = Buffer.from(data).toString().replace(/\0.*$/s, '');
    if ('xgLK'.includes(header.type)) continue;
    const member = memberName(path ?? header.name);
    if (member !== null) return member;
    path = null;
  }
  return null;
}
