/** `pull` and `push`: images of registries, from a program. */
import { closeSync } from 'node:fs';
import { imageLimits } from '../container/image-limits.ts';
import { probeHost } from '../host/facts.ts';
import { userNamespaceFor } from '../host/id-maps.ts';
import type { ImageProgress } from '../image/progress.ts';
import { registryAccess } from '../image/registry/access.ts';
import { parseRemoteImage } from '../image/registry/remote-image.ts';
import { storeLayout } from '../image/store/layout.ts';
import { tidyStore } from '../image/store/tidy.ts';
import { type Abortable, signalOf } from './abort.ts';
import { inWords } from './in-words.ts';
import { type PlaceOptions, pathsOf } from './places.ts';

/** How a registry is spoken to. */
export interface RegistryOptions extends PlaceOptions, Abortable {
  /** `false`: any certificate will do, and plain http where nobody speaks TLS. */
  readonly tlsVerify?: boolean;
  /** A directory with ca.crt, client.cert and client.key, instead of those in certs.d. */
  readonly certDir?: string;
  /** A file with credentials, instead of docker's and podman's. */
  readonly authfile?: string;
  /** Progress of every layer. */
  readonly onProgress?: (event: ImageProgress) => void;
}

/** Which image of several, and how the registry is spoken to. */
export interface PullOptions extends RegistryOptions {
  /** os/arch[/variant]; what this machine runs when left out. */
  readonly platform?: string;
}

/** An image, here and in its registry. */
export interface RegistryImage {
  /** The image's id: the digest of its config. */
  readonly id: string;
  /** `docker.io/library/alpine:3.20` */
  readonly name: string;
  /** What the registry calls it: the digest of its manifest, or of the index it is in. */
  readonly digest: string;
}

const accessOf = ({ tlsVerify, certDir, authfile }: RegistryOptions) =>
  registryAccess(process.env, {
    tls: tlsVerify === undefined ? 'as-configured' : tlsVerify ? 'verified' : 'unverified',
    certificates: certDir ?? null,
    authFile: authfile ?? null,
  });

/**
 * Stores an image of a registry, as `tsrun pull` does. What is here already is not fetched.
 *
 * @param image [REGISTRY/]REPOSITORY[:TAG][@DIGEST]
 * @throws TsrunError IMAGE_NOT_FOUND, REGISTRY, REGISTRY_DENIED, IMAGE_INVALID and others, ABORTED; nothing is left behind then
 * @example const { digest } = await pull('alpine:3.20');
 */
export async function pull(image: string, options: PullOptions = {}): Promise<RegistryImage> {
  const { platform, onProgress, store, root } = options;
  const remote = parseRemoteImage(image);
  const paths = pathsOf({ store, root });
  await tidyStore(paths);
  const { pullImage } = await import('../image/registry/pull-image.ts');
  const fetch = () =>
    pullImage(storeLayout(paths), remote, accessOf(options), {
      paths,
      mapping: userNamespaceFor('default', probeHost().privilege),
      platform: platform ?? null,
      pull: 'always',
      limits: imageLimits,
      get stdin() {
        return process.stdin;
      },
      onProgress: onProgress ?? (() => {}),
      signal: signalOf(options),
    });
  const pulled = await inWords(paths, fetch);
  closeSync(pulled.image.lock);
  return { id: pulled.image.id, name: pulled.name, digest: pulled.digest };
}

/**
 * Sends a stored image to a registry, as `tsrun push` does. Layers that it has are not sent.
 *
 * @param image a stored image: its name or id
 * @param destination [REGISTRY/]REPOSITORY[:TAG]; what the image is called when left out
 * @throws TsrunError IMAGE_NOT_FOUND, REGISTRY, REGISTRY_DENIED, STORE, ABORTED
 * @example await push('app', 'registry.example/team/app:1.0');
 */
export async function push(image: string, destination?: string, options: RegistryOptions = {}): Promise<RegistryImage> {
  const { onProgress, store, root } = options;
  const paths = pathsOf({ store, root });
  await tidyStore(paths);
  const { pushStored } = await import('../image/registry/push-stored.ts');
  return await pushStored(storeLayout(paths), { source: image, destination: destination ?? null }, accessOf(options), {
    onProgress: onProgress ?? (() => {}),
    signal: signalOf(options),
  });
}
