/** What a failed job on a container's files means to the reader. */
import { errnoName } from '../../errors/errno.ts';
import { errnoText } from '../../errors/errno-text.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Reply } from '../../image/layer/replies.ts';
import { printable } from '../../image/layer/tar/bytes.ts';

export type FilesFailure = Extract<Reply, { type: 'failure' }>;

/** @param task what was to be done, as the rest of "cannot ..." */
export function filesError({ at, errno, path }: FilesFailure, task: string): TsrunError {
  const name = errnoName(errno);
  const reason = `${errnoText(errno)} (${name})`;
  const shown = printable(path);
  const about = shown === '' ? '' : `"${shown}": `;
  const failed = (why: string, hint?: string): TsrunError =>
    new TsrunError('COPY_FAILED', `cannot ${task}`, { why, ...(hint === undefined ? {} : { hint }) });
  switch (at) {
    case 'view':
      return failed(
        `its files cannot be reached: ${reason}`,
        name === 'ESRCH' ? 'it has just ended: try again' : 'see "tsrun doctor"',
      );
    case 'source':
      if (name === 'ENOENT') return failed(`there is no "${shown}"`);
      if (name === 'ENOTDIR') return failed(`"${shown}" is no directory, or something on the way to it is none`);
      return failed(`${about}${reason}`);
    case 'of-kernel':
      return failed(`"${shown}" is made up by the kernel and is no file of the container's`, 'read it with tsrun exec');
    case 'destination':
      if (name === 'ENOENT') {
        return failed(`the directory that should hold "${shown}" does not exist`, 'make it first: mkdir -p');
      }
      if (name === 'ENOTDIR') return failed(`"${shown}" is no directory, or something on the way to it is none`);
      return failed(`${about}${reason}`);
    case 'over-directory':
      return failed(`"${shown}" is a directory there, and what would replace it is none`);
    case 'over-file':
      return failed(`"${shown}" is there and is no directory, and what would replace it is one`);
    case 'parent':
      if (name === 'ELOOP' || name === 'EXDEV') {
        return failed(`a symbolic link on the way to "${shown}" leads out of the destination (${name})`);
      }
      return failed(`${about}a directory on the way to it: ${reason}`);
    case 'owner':
      return failed(`${about}its owner cannot be set: ${reason}`, 'without -a it is not asked for');
    case 'output':
      return failed(`writing the archive: ${reason}`);
    default:
      if (name === 'EBUSY') return failed(`something is mounted at "${shown}": it cannot be replaced (EBUSY)`);
      return failed(`${about}${reason}`);
  }
}
