/** Pulling an image, with what this host says filled in. */
import { closeSync } from 'node:fs';
import { imageLimits } from '../container/image-limits.ts';
import { probeHost } from '../host/facts.ts';
import { userNamespaceFor } from '../host/id-maps.ts';
import type { Paths } from '../host/paths.ts';
import type { Digest } from '../image/image.ts';
import type { OnImageProgress } from '../image/progress.ts';
import type { RegistryAccess } from '../image/registry/access.ts';
import { withAlias } from '../image/registry/conf/alias.ts';
import { findRegistriesConf } from '../image/registry/conf/find-conf.ts';
import { pullImage } from '../image/registry/pull-image.ts';
import { parseRemoteImage } from '../image/registry/remote-image.ts';
import { storeLayout } from '../image/store/layout.ts';
import { tidyStore } from '../image/store/tidy.ts';

export interface PullContext {
  readonly paths: Paths;
  readonly access: RegistryAccess;
  /** null: what this machine runs. */
  readonly platform: string | null;
  readonly onProgress: OnImageProgress;
  readonly signal: AbortSignal;
}

export interface Pulled {
  readonly id: Digest;
  readonly name: string;
  readonly digest: Digest;
  readonly how: 'downloaded' | 'up-to-date';
}

/** Pulls for the ids that `run` uses when nothing else is said. */
export async function pullHere(name: string, context: PullContext): Promise<Pulled> {
  const remote = parseRemoteImage(withAlias(findRegistriesConf(context.access), name));
  await tidyStore(context.paths);
  const { image, ...rest } = await pullImage(storeLayout(context.paths), remote, context.access, {
    ...context,
    mapping: userNamespaceFor('default', probeHost().privilege),
    pull: 'always',
    limits: imageLimits,
    stdin: process.stdin,
  });
  closeSync(image.lock);
  return { id: image.id, ...rest };
}
