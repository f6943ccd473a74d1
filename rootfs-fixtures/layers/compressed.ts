/** Compressed samples, made by the programs everybody uses. */
import { spawnSync } from 'node:child_process';

function through(program: string, ...args: readonly string[]): (data: Buffer) => Buffer {
  return (data) => {
    const { status, stdout, error } = spawnSync(program, args, { input: data, maxBuffer: 1 << 30 });
    if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? status}`);
    return stdout;
  };
}

export const zstd = through('zstd', '-q', '-c');
export const xz = through('xz', '-c');
export const bzip2 = through('bzip2', '-c');

export const concatenated = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts);

/** Bytes that look random and are the same every time. */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed >>> 0;
  for (let i = 0; i < length; i += 1) {
    // Numerical Recipes' generator: quality does not matter here.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
