/** `--version` as runc prints it: dockerd and podman show these lines. */
import { seccompVersion } from '../../host/native-versions.ts';
import { packageVersion } from '../../host/package-version.ts';
import { ociVersion } from '../../oci/config.ts';
import { print } from '../output.ts';

export function printVersion(): number {
  print(
    [
      `tsrun-oci version ${packageVersion()}`,
      `spec: ${ociVersion}`,
      `node: ${process.version}`,
      `libseccomp: ${seccompVersion() ?? 'unknown'}`,
    ].join('\n'),
  );
  return 0;
}
