/** How another process of ours is started. */
import { join } from 'node:path';
import { packageRoot } from './helper.ts';

/** Node as it runs now, and the command's script for it. */
export const launcher = (): { readonly node: string; readonly script: string } => ({
  node: process.execPath,
  script: join(packageRoot(), 'bin', 'tsrun'),
});
