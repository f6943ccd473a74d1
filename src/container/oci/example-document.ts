/** The text of the config.json that `spec` writes. */
import { exampleConfig } from '../../oci/example-config.ts';

export function exampleDocument(whose: 'root' | 'rootless'): string {
  const uid = process.geteuid?.() ?? 0;
  const gid = process.getegid?.() ?? 0;
  const config = exampleConfig(whose === 'root' ? { type: 'root' } : { type: 'rootless', uid, gid });
  return `${JSON.stringify(config, null, '\t')}\n`;
}
