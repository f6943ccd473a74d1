/** Reads the OCI configuration that a container was started with. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OciConfig } from '../../oci/config.ts';
import { parseConfig, parseDocument } from '../../oci/parse/config.ts';
import { configFile } from './write-config.ts';

/** As write-config.ts wrote it. */
export const readConfig = (directory: string): OciConfig =>
  parseConfig(parseDocument(readFileSync(join(directory, configFile)), configFile));

/** null: it has never been started, and nothing was mounted. */
export function configIfStarted(directory: string): OciConfig | null {
  try {
    return readConfig(directory);
  } catch {
    return null;
  }
}
