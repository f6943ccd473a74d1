/** Where fixtures are written: a whole file or directory appears at once or not at all. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Entry } from './entry.ts';

/** Writes one file below `out`. */
export function writeFile(out: string, name: string, bytes: Buffer): void {
  const path = join(out, name);
  writeFileSync(`${path}.part`, bytes);
  renameSync(`${path}.part`, path);
}

/** Writes files and directories (an OCI layout has nothing else) below `out/name`. */
export function writeDirectory(out: string, name: string, entries: readonly Entry[]): void {
  const path = join(out, name);
  rmSync(`${path}.part`, { recursive: true, force: true });
  mkdirSync(`${path}.part`);
  for (const entry of entries) {
    const target = join(`${path}.part`, entry.path);
    if (entry.type === 'directory') mkdirSync(target, { recursive: true });
    if (entry.type === 'symlink') throw new Error(`a layout has no symbolic links: ${entry.path}`);
    if (entry.type !== 'file') continue;
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, entry.content);
  }
  rmSync(path, { recursive: true, force: true });
  renameSync(`${path}.part`, path);
}
