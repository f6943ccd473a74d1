/** Where the two native artefacts are: the addon and the static helper executable. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TsrunError } from '../errors/tsrun-error.ts';

let root: string | undefined;

/** Nearest ancestor directory that holds package.json: the bundle and the sources lie at different depths. */
export function packageRoot(): string {
  root ??= findPackageRoot();
  return root;
}

function findPackageRoot(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, 'package.json')) && existsSync(join(at, 'binding.gyp'))) return at;
  }
  throw new Error('the package root with binding.gyp was not found above this module');
}

/**
 * Absolute path of a native artefact in build/Release.
 * @throws TsrunError HOST_UNSUPPORTED when it was not built.
 */
export function nativeArtefact(name: 'tsrun.node' | 'tsrun-init' | 'tsrun-oci'): string {
  const path = join(packageRoot(), 'build', 'Release', name);
  if (existsSync(path)) return path;
  throw new TsrunError('HOST_UNSUPPORTED', `cannot find the native part "${name}"`, {
    why: `it is not at ${path}`,
    hint: 'build it with "npm run build:native" (needs g++, make, python3 and libseccomp-dev)',
  });
}
