/** What `features` has to ask the kernel and the libraries for. */
import { packageVersion } from '../host/package-version.ts';
import { addon } from '../native/addon.ts';
import type { FeatureFacts } from '../oci/features.ts';
import { seccompArchitectures } from '../oci/seccomp/architectures.ts';

/** Probes; nothing is kept. */
export function featureFacts(): FeatureFacts {
  const { flags, architectures } = addon().seccompSupport(seccompArchitectures);
  return {
    version: packageVersion(),
    libseccomp: addon().seccompVersion(),
    seccompArchitectures: architectures,
    seccompFlags: flags,
    // CRIU may be installed; nothing here uses it.
    checkpoint: false,
  };
}
