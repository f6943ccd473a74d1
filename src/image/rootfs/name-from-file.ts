/** A name for an image that brings none: what its file is called. */
import { basename } from 'node:path';
import { localReference, type Reference } from '../reference.ts';

const endings = /\.(?:tar|tgz|tzst|txz|tbz2?|gz|gzip|zst|zstd|xz|bz2|oci|docker|img)$/i;

/** The file's name without its endings. */
export function stemOf(path: string): string {
  let stem = basename(path);
  while (endings.test(stem)) stem = stem.replace(endings, '');
  return stem;
}

/** What a repository's name may consist of. */
const asComponent = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');

/**
 * The name and tag in a file's name: a version at its end becomes the tag. null when nothing usable is left.
 *
 * @example nameFromFile('alpine-minirootfs-3.20.3-x86_64.tar.gz') // localhost/alpine-minirootfs:3.20.3-x86_64
 */
export function nameFromFile(path: string): Reference | null {
  const stem = stemOf(path);
  const split = /^(.*?[A-Za-z].*?)[-_:@]v?(\d[A-Za-z0-9_.+-]*)$/.exec(stem);
  const repository = asComponent(split?.[1] ?? stem);
  const tag = split?.[2]?.replace(/[^A-Za-z0-9_.-]/g, '-').slice(0, 128) ?? 'latest';
  return repository === '' ? null : localReference(repository, tag);
}

/** The name of an image of a layout that gives only a tag: the file's name and that tag. */
export function nameWithTag(path: string, tag: string): Reference | null {
  const repository = asComponent(stemOf(path));
  return repository === '' ? null : localReference(repository, tag);
}
