/** What a name means to registries: distribution-spec.md, "Pulling manifests". */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { isDigest } from '../digest.ts';
import type { Digest } from '../image.ts';
import { type Reference, readReference } from '../reference.ts';

/** A registry's name for a repository: where it is, and what it is called there. */
export interface Repository {
  /** `docker.io`, `localhost:5000`: the host as names spell it. */
  readonly registry: string;
  /** `library/alpine` */
  readonly path: string;
}

/** One image of a registry. */
export interface RemoteImage {
  readonly repository: Repository;
  /** By what it is asked for; a digest wins over a tag beside it. */
  readonly version:
    | { readonly type: 'tag'; readonly tag: string }
    | { readonly type: 'digest'; readonly digest: Digest };
}

/**
 * Reads a name; null when it is none.
 *
 * @example readRemoteImage('alpine') // { repository: { registry: 'docker.io', path: 'library/alpine' }, version: { type: 'tag', tag: 'latest' } }
 */
export function readRemoteImage(text: string): RemoteImage | null {
  const parsed = readReference(text);
  if (parsed === null) return null;
  const { tag, digest } = parsed;
  return {
    repository: repositoryOf(parsed.repository),
    version: digest !== null && isDigest(digest) ? { type: 'digest', digest } : { type: 'tag', tag: tag ?? 'latest' },
  };
}

/**
 * As {@link readRemoteImage}, for a name that must be one.
 * @throws TsrunError USAGE
 */
export function parseRemoteImage(text: string): RemoteImage {
  const image = readRemoteImage(text);
  if (image !== null) return image;
  throw new TsrunError('USAGE', `cannot use "${text}" as the name of an image of a registry`, {
    why: 'a name is [REGISTRY/]REPOSITORY[:TAG][@DIGEST], in lower-case letters',
    hint: 'for example alpine, alpine:3.20 or registry.example/team/app:1.0',
  });
}

/** The parts of `docker.io/library/alpine`. */
export function repositoryOf(name: string): Repository {
  const slash = name.indexOf('/');
  return { registry: name.slice(0, slash), path: name.slice(slash + 1) };
}

/** `docker.io/library/alpine` */
export const repositoryName = ({ registry, path }: Repository): string => `${registry}/${path}`;

/** What the version is called in a URL. */
export const versionText = ({ version }: RemoteImage): string =>
  version.type === 'tag' ? version.tag : version.digest;

/** The whole name, as messages and the last line of `pull` have it. */
export const remoteName = (image: RemoteImage): string =>
  `${repositoryName(image.repository)}${image.version.type === 'tag' ? ':' : '@'}${versionText(image)}`;

/** The name that a pulled image gets in the store; null: it was asked for by its digest, and gets none. */
export const storedName = (image: RemoteImage): Reference | null =>
  image.version.type === 'tag' ? (remoteName(image) as Reference) : null;
