/** The OCI configuration that a kept container was started with: its file `config.json`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OciConfig } from '../../oci/config.ts';
import { parseConfig, parseDocument } from '../../oci/parse/config.ts';
import { writeWhole } from '../state/oci-directory.ts';

const name = 'config.json';

export function writeConfig(directory: string, config: OciConfig): void {
  // Numbers beyond 2^53 (limits without bound) are written digit by digit, which JSON.stringify does not do.
  const text = JSON.stringify(config, (_, value: unknown) => (typeof value === 'bigint' ? `${mark}${value}` : value));
  writeWhole(join(directory, name), text.replaceAll(marked, '$1'), 0o600);
}

/** As it was written. */
export const readConfig = (directory: string): OciConfig =>
  parseConfig(parseDocument(readFileSync(join(directory, name)), name));

const mark = '\u0001number ';
const marked = /"\\u0001number (\d+)"/g;
