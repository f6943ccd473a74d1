/** The version of this package, from the one place that has it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './helper.ts';

/** For example `0.1.0`. */
export function packageVersion(): string {
  const document: unknown = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  if (typeof document === 'object' && document !== null && 'version' in document) return String(document.version);
  throw new Error('package.json has no version');
}
