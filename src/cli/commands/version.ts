/** `tsrun version`: what to put into a bug report. */
import { release } from 'node:os';
import { seccompVersion } from '../../host/native-versions.ts';
import { packageVersion } from '../../host/package-version.ts';
import { print } from '../output.ts';

export type VersionFormat = 'short' | 'text' | 'json';

/** @returns the exit code */
export function version(format: VersionFormat): number {
  if (format === 'short') {
    print(`tsrun ${packageVersion()}`);
    return 0;
  }
  const parts = {
    version: packageVersion(),
    node: process.version,
    architecture: process.arch,
    kernel: release(),
    libseccomp: seccompVersion(),
  };
  if (format === 'json') {
    print(JSON.stringify(parts, null, 2));
    return 0;
  }
  print(
    [
      `tsrun ${parts.version}`,
      `  node        ${parts.node} (${parts.architecture})`,
      `  kernel      ${parts.kernel}`,
      `  libseccomp  ${parts.libseccomp ?? 'unknown: the native part is not built'}`,
    ].join('\n'),
  );
  return 0;
}
