/** Whether a tar that can only be read once may be an image archive, from its first bytes. */
import { mayBeginImage, memberName } from './member-name.ts';
import { blockSize, isZeroBlock, paddedSize, readPaxRecords, readTarHeader } from './tar-header.ts';

/** How much of a stream is looked at. */
export const peekSize = 64 * 1024;

/** An archive of a directory that holds an image begins with that directory. */
const maxLooked = 4;

/** Whether one of the first members says so, or there are none. A wrong yes costs a copy on disk; a wrong no would unpack an image as a tree. */
export const mayBeImageArchive = (head: Uint8Array): boolean =>
  isZeroBlock(head.subarray(0, blockSize)) ||
  firstMembers(head).some((member, index) =>
    index === 0 ? mayBeginImage(member) : mayBeginImage(member.replace(/^[^/]+\//, '')),
  );

/** The first members but the root directory itself, as far as the bytes show them. */
function firstMembers(head: Uint8Array): readonly string[] {
  const members: string[] = [];
  let path: string | null = null;
  for (let offset = 0; offset + blockSize <= head.length && members.length < maxLooked; ) {
    const header = readTarHeader(head.subarray(offset, offset + blockSize));
    if (header === null) break;
    const data = head.subarray(offset + blockSize, offset + blockSize + header.size);
    offset += blockSize + paddedSize(header.size);
    if (header.type === 'x') path = readPaxRecords(data).get('path') ?? path;
    if (header.type === 'L') path = Buffer.from(data).toString().replace(/\0.*$/s, '');
    if ('xgLK'.includes(header.type)) continue;
    const member = memberName(path ?? header.name);
    if (member !== null) members.push(member);
    path = null;
  }
  return members;
}
