/**
 * Compiled filters on disk: content-addressed by what they were made from.
 *
 * A filter from the cache decides what a container may do, so a file counts only if it is ours alone and its digest is
 * right: a power cut can leave a file of the right length filled with zeros.
 */

import { closeSync, constants, fstatSync, openSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../../host/make-directory.ts';
import { randomHex, sha256Bytes, sha256Hex } from '../../native/sha256.ts';
import type { SeccompFilter } from '../../oci/seccomp/filter.ts';

/** To be raised when the compiler makes other bytes from the same input. */
const format = 1;
const digestLength = 32;
const instructionLength = 8;
/** BPF_MAXINSNS of linux/bpf_common.h. */
const mostInstructions = 4096;

/** The name of a filter's file: a digest over everything that its bytes depend on. */
export function seccompCacheKey(filter: SeccompFilter, libseccomp: string): string {
  const rules = filter.rules.map(({ names, action, adds, args }) => [
    names,
    action,
    adds,
    args.map(({ index, operator, value, valueTwo }) => [index, operator, `${value}`, `${valueTwo}`]),
  ]);
  const { defaultAction, architectures } = filter;
  return sha256Hex(JSON.stringify([format, libseccomp, process.arch, defaultAction, architectures, rules]));
}

/** The program, or null when there is none that can be trusted. */
export function readCachedProgram(directory: string, key: string): Uint8Array | null {
  let fd: number;
  try {
    fd = openSync(join(directory, key), constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch {
    return null;
  }
  try {
    const stats = fstatSync(fd);
    const length = stats.size - digestLength;
    const ours = stats.isFile() && stats.uid === process.geteuid?.() && (stats.mode & 0o022) === 0;
    const whole = length > 0 && length % instructionLength === 0 && length <= mostInstructions * instructionLength;
    if (!ours || !whole) return null;
    const content = Buffer.alloc(stats.size);
    if (readSync(fd, content, 0, stats.size, 0) !== stats.size) return null;
    const program = content.subarray(digestLength);
    return sha256Bytes(program).equals(content.subarray(0, digestLength)) ? program : null;
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}

/** Keeps a program; a reader sees all of it or nothing. Failing is fine: it will be compiled again. */
export function writeCachedProgram(directory: string, key: string, program: Uint8Array): void {
  const temporary = join(directory, `.${key}.${randomHex(6)}`);
  try {
    makeDirectory(directory, 0o700);
  } catch {
    return;
  }
  try {
    writeFileSync(temporary, Buffer.concat([sha256Bytes(program), program]), { flag: 'wx', mode: 0o600 });
    renameSync(temporary, join(directory, key));
  } catch {
    rmSync(temporary, { force: true });
  }
}
