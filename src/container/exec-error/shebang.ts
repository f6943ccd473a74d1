/** The first line of a script as the kernel reads it: execve(2) "Interpreter scripts", fs/binfmt_script.c. */

export type Shebang =
  | { readonly type: 'none' }
  | { readonly type: 'interpreter'; readonly path: string; readonly argument: string | null }
  /** `#!` and nothing more. */
  | { readonly type: 'empty' }
  /** The name of the interpreter does not end within what the kernel reads. */
  | { readonly type: 'too-long' };

/** BINPRM_BUF_SIZE since Linux 5.1: of a longer line the kernel sees only so much. */
export const readByKernel = 256;

/** @param start the file's first bytes, at least {@link readByKernel} of them if it has so many */
export function readShebang(start: Uint8Array): Shebang {
  if (start[0] !== 0x23 || start[1] !== 0x21) return { type: 'none' };
  const text = Buffer.from(start.subarray(2, readByKernel)).toString('utf8');
  const newline = text.indexOf('\n');
  // Only spaces and tabs count: a carriage return belongs to the name.
  const line = (newline < 0 ? text : text.slice(0, newline)).replace(/^[ \t]+|[ \t]+$/g, '');
  const [, path = '', argument = ''] = /^([^ \t\0]*)[ \t]*([^\0]*)/s.exec(line) ?? [];
  if (path === '') return { type: 'empty' };
  const cut = newline < 0 && start.length >= readByKernel && !/[ \t\0]/.test(text.replace(/^[ \t]+/, ''));
  if (cut) return { type: 'too-long' };
  return { type: 'interpreter', path, argument: argument === '' ? null : argument };
}
