/** Paths of this checkout that tests need. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const repository = resolve(import.meta.dirname, '..', '..');

/** The built command. */
export const tsrunPath = join(repository, 'bin', 'tsrun');

/**
 * A test image by its name in rootfs-fixtures/out.
 * @throws when it was not made: `npm run fixtures` makes it.
 */
export function fixture(name: string): string {
  const path = join(repository, 'rootfs-fixtures', 'out', name);
  if (!existsSync(path)) throw new Error(`the test image ${path} is not there: run "npm run fixtures"`);
  return path;
}
