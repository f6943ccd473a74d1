/** What a failed run of the workbench means to the reader. */
import { errnoName } from '../../errors/errno.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Reply } from './replies.ts';
import { printable } from './tar/bytes.ts';
import type { Death } from './workbench.ts';

type Failure = Extract<Reply, { type: 'failure' }>;

/** errno values whose cause is the filesystem below the store, whatever was being done. */
const diskTrouble: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  ENOSPC: ['no space is left on the device', 'free some space, or give another place with "--store"'],
  EDQUOT: ['the disk quota is used up', 'free some space, or give another place with "--store"'],
  EROFS: ['the filesystem is read-only', 'give another place with "--store"'],
  EIO: ['the device reported an error', 'look at the kernel log with "dmesg"'],
  EMFILE: ['too many files are open', 'raise the limit with "ulimit -n"'],
  ENFILE: ['too many files are open on this machine', 'raise fs.file-max'],
  EFBIG: ['a file is larger than the filesystem or "ulimit -f" allows', 'give another place with "--store"'],
};

/** errno values whose cause is the archive. */
const entryTrouble: Readonly<Record<string, string>> = {
  ENOTDIR: 'one of its parents is a file',
  ELOOP: 'its parents are symbolic links that lead nowhere',
  ENOENT: 'the target of the hard link is in no layer',
  EPERM: 'a directory cannot be hard-linked',
  EISDIR: 'a directory cannot be hard-linked',
  EINVAL: 'it is a hard link to itself',
  ENAMETOOLONG: 'its name is too long',
  EMLINK: 'the file has too many hard links for this filesystem',
};

/** The error for the user. `target` names the layer's directory in the store. */
export function failureError(reply: Failure | Death, target: string): Error {
  if (reply.type === 'death') return new Error(`the workbench died: ${reply.how}`);
  const name = errnoName(reply.errno);
  const entry = printable(reply.path);
  const trouble = diskTrouble[name];
  const subject = entry === '' ? `the layer in "${target}"` : `"${entry}"`;
  if (trouble !== undefined) {
    return new TsrunError('STORE', `cannot write ${subject}`, { why: `${trouble[0]} (${name})`, hint: trouble[1] });
  }
  switch (reply.at) {
    case 'target':
      return new TsrunError('STORE', `cannot make the directory "${target}"`, { why: name });
    case 'lower':
      return new TsrunError('STORE', 'cannot open a lower layer', { why: name });
    case 'namespace':
      return new TsrunError('HOST_UNSUPPORTED', 'cannot start the process that unpacks layers', {
        why: `the user namespace or its id maps were refused (${name})`,
        hint: 'see "tsrun doctor"',
      });
    case 'stream':
      return new Error(`the workbench refused its operations: ${name} at "${entry}"`);
    case 'entry':
    case 'parent':
    case 'settle':
      if (entryTrouble[name] === undefined) break;
      return new TsrunError('IMAGE_INVALID', `cannot unpack the entry "${entry}"`, {
        why:
          reply.at === 'settle' && name === 'ENOTDIR'
            ? 'it holds files here and is no directory in a lower layer (ENOTDIR)'
            : `${entryTrouble[name]} (${name})`,
      });
    case 'owner':
      return new TsrunError('STORE', `cannot give ${subject} its owner`, { why: name });
    case 'xattr':
      return new TsrunError('STORE', `cannot give ${subject} its extended attributes`, { why: name });
    case 'remove':
      return new TsrunError('STORE', `cannot delete "${target}"`, {
        why:
          name === 'EXDEV' || name === 'EBUSY' ? `something is mounted at or below "${entry}"` : `"${entry}": ${name}`,
      });
    case 'measure':
      return new TsrunError('STORE', `cannot find the size of "${target}"`, { why: `"${entry}": ${name}` });
    case 'finish':
    case 'image':
    case 'image-path':
    case 'copy':
    case 'move':
    // Those of copies have words of their own: container/files.
    case 'view':
    case 'source':
    case 'of-kernel':
    case 'destination':
    case 'read':
    case 'output':
    case 'over-directory':
    case 'over-file':
      break;
  }
  return new TsrunError('STORE', `cannot write ${subject}`, { why: name });
}
