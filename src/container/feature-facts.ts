/** What `features` has to ask the kernel and the libraries for. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { packageVersion } from '../host/package-version.ts';
import { addon } from '../native/addon.ts';
import type { FeatureFacts } from '../oci/features.ts';
import { seccompArchitectures } from '../oci/seccomp/architectures.ts';

/**
 * Probes; nothing is kept.
 *
 * @param path of the environment, where CRIU is looked for
 */
export function featureFacts(path: string): FeatureFacts {
  const { flags, architectures } = addon().seccompSupport(seccompArchitectures);
  return {
    version: packageVersion(),
    libseccomp: addon().seccompVersion(),
    seccompArchitectures: architectures,
    seccompFlags: flags,
    checkpoint: isInstalled('criu', path),
  };
}

function isInstalled(program: string, path: string): boolean {
  return path.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return directory !== '';
    } catch {
      return false;
    }
  });
}
