/** The names an archive gives an image, as the store knows them. */
import { normaliseReference, type Reference } from './reference.ts';
import { nameWithTag } from './rootfs/name-from-file.ts';

/**
 * A bare word in an OCI layout is a tag (image-spec annotations.md): the file's name goes before it. What is no name at all
 * is left out.
 *
 * @param path the archive, or null for standard input
 * @example referencesOf(['latest'], '/tmp/busybox.tar') // ['localhost/busybox:latest']
 */
export function referencesOf(names: readonly string[], path: string | null): readonly Reference[] {
  const references = names.map((name) => {
    const isTag = !/[:/@]/.test(name);
    if (!isTag) return normaliseReference(name);
    return path === null ? null : nameWithTag(path, name);
  });
  return [...new Set(references.filter((name) => name !== null))];
}
