/** Compression by the programs of the distribution: Node 20 has gzip only, and others' output is what we have to read. */
import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';

export type Compression = 'none' | 'gzip' | 'zstd' | 'xz' | 'bzip2';

const commands = {
  zstd: ['zstd', '-q', '-3', '-c'],
  xz: ['xz', '-1', '-c'],
  bzip2: ['bzip2', '-c'],
} as const;

/** Compressed bytes. zlib writes no time and no name into the gzip header, so they are the same each time. */
export function compress(bytes: Buffer, how: Compression): Buffer {
  if (how === 'none') return bytes;
  if (how === 'gzip') return gzipSync(bytes);
  const [program, ...args] = commands[how];
  const { status, stdout, stderr, error } = spawnSync(program, args, { input: bytes, maxBuffer: 2 ** 30 });
  if (error) throw new Error(`cannot run ${program}`, { cause: error });
  if (status !== 0) throw new Error(`${program} failed: ${stderr.toString()}`);
  return stdout;
}
