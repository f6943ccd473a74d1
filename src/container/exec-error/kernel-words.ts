/** What execve(2) means by an errno, where looking at the files gives no better reason. */
import { errnoNumber } from '../../errors/errno.ts';
import { errnoText } from '../../errors/errno-text.ts';

interface Words {
  readonly text: string;
  readonly hint: string | null;
}

const known: Readonly<Record<string, string>> = {
  EACCES: 'a security module (SELinux, AppArmor) or an access control list of the file may refuse it',
  EAGAIN: 'the user has more processes than --ulimit nproc allows',
  EINVAL: 'the ELF file names more than one loader',
  EIO: 'the file or the filesystem below it is damaged',
  EISDIR: 'the loader of the program is a directory',
  ELIBBAD: 'the loader of the program is not one for this machine',
  EMFILE: 'raise --ulimit nofile',
  ENAMETOOLONG: 'a name has at most 255 bytes, a path 4095',
  ENFILE: 'the machine has as many files open as /proc/sys/fs/file-max allows',
  ENOEXEC: 'the kernel knows no way to execute this file',
  ENOMEM: 'there is not enough memory for the program: raise --memory',
  EPERM: 'the seccomp profile may forbid execve, or the program has file capabilities that the container lacks',
  ETXTBSY: 'somebody has the file open for writing; on a bind mount that may be a process of the host',
};

export function kernelWords(errno: string): Words {
  return { text: errnoText(errnoNumber(errno) ?? 0), hint: known[errno] ?? null };
}
