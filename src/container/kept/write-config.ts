/** Writes the OCI configuration that a container is started with: its file `config.json`. */
import { join } from 'node:path';
import type { OciConfig } from '../../oci/config.ts';
import { writeWhole } from '../state/oci-directory.ts';

export const configFile = 'config.json';

export function writeConfig(directory: string, config: OciConfig): void {
  // Numbers beyond 2^53 (limits without bound) are written digit by digit, which JSON.stringify does not do.
  const text = JSON.stringify(config, (_, value: unknown) => (typeof value === 'bigint' ? `${mark}${value}` : value));
  writeWhole(join(directory, configFile), text.replaceAll(marked, '$1'), 0o600);
}

const mark = '\u0001number ';
const marked = /"\\u0001number (\d+)"/g;
