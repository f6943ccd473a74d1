/** The small C programs of programs/, compiled statically for this machine: what busybox cannot do. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Entry, file } from './entry.ts';

/** One entry below usr/local/bin per source file, sorted by name. Comes after the entry of that directory. */
export function compiledPrograms(sources: string): readonly Entry[] {
  const scratch = mkdtempSync(join(tmpdir(), 'tsrun-programs-'));
  try {
    return readdirSync(sources)
      .filter((name) => name.endsWith('.c'))
      .sort()
      .map((name) => {
        const program = basename(name, '.c');
        const output = join(scratch, program);
        // Without a build id the bytes depend on the source and the compiler alone.
        const flags = ['-static', '-O2', '-s', '-Wall', '-Wextra', '-Werror', '-Wl,--build-id=none'];
        execFileSync('gcc', [...flags, '-o', output, name], { cwd: sources, stdio: ['ignore', 'ignore', 'inherit'] });
        return file(`usr/local/bin/${program}`, readFileSync(output), 0o755);
      });
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
