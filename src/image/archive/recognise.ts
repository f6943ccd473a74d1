/** What a set of files is: an OCI layout, a docker-archive, or a root filesystem. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { readDockerArchive } from './docker-archive.ts';
import type { FoundImage } from './found-image.ts';
import { filesBelow, type ImageFiles } from './image-files.ts';
import { readOciLayout } from './oci-layout.ts';

export type ArchiveKind = 'oci-layout' | 'docker-archive' | 'rootfs';

/** A root filesystem may well have a /manifest.json; an image archive has none of these at its top. */
const rootfsDirectories = ['bin', 'etc', 'usr', 'lib', 'sbin', 'dev', 'proc', 'var'];

const looksLikeRootfs = (top: ReadonlySet<string>): boolean => rootfsDirectories.some((name) => top.has(name));

/** An archive that is both (docker 25 and later) is read as an OCI layout, which says more. */
export function recogniseFiles(top: ReadonlySet<string>): ArchiveKind {
  if (looksLikeRootfs(top)) return 'rootfs';
  if (top.has('index.json') && (top.has('oci-layout') || top.has('blobs'))) return 'oci-layout';
  if (top.has('manifest.json')) return 'docker-archive';
  return 'rootfs';
}

/** The images of an archive; null when it is a root filesystem. */
export async function readArchive(archive: ImageFiles): Promise<readonly FoundImage[] | null> {
  const files = await withoutWrapper(archive);
  const top = await files.topLevel();
  switch (recogniseFiles(top)) {
    case 'oci-layout':
      return withRepoTags(files, await readOciLayout(files));
    case 'docker-archive':
      return readDockerArchive(files);
    case 'rootfs':
      refuseRemains(top, files.name);
      return null;
  }
}

/** `tar cf image.tar layout` puts the layout's directory around it. */
async function withoutWrapper(files: ImageFiles): Promise<ImageFiles> {
  const [wrapper, ...others] = await files.topLevel();
  if (wrapper === undefined || others.length > 0) return files;
  const holds = async (member: string): Promise<boolean> => (await files.size(`${wrapper}/${member}`)) !== null;
  const isImage = (await holds('oci-layout')) || ((await holds('manifest.json')) && (await holds('repositories')));
  return isImage ? filesBelow(files, wrapper) : files;
}

/** Some writers of both formats put the names into the docker one only. */
async function withRepoTags(files: ImageFiles, images: readonly FoundImage[]): Promise<readonly FoundImage[]> {
  const [image, ...others] = images;
  if (image === undefined || others.length > 0 || image.names.length > 0) return images;
  if ((await files.size('manifest.json')) === null) return images;
  const docker = await readDockerArchive(files);
  return docker.length === 1 ? [{ ...image, names: docker[0]?.names ?? [] }] : images;
}

/** What would otherwise be taken for a root filesystem with strange contents. */
function refuseRemains(top: ReadonlySet<string>, name: string): void {
  if (looksLikeRootfs(top)) return;
  if (top.size === 0) {
    throw new TsrunError('IMAGE_INVALID', `cannot find an image in "${name}"`, { why: 'it is empty' });
  }
  if (top.has('repositories')) {
    throw new TsrunError('IMAGE_UNSUPPORTED', `cannot read "${name}"`, {
      why: 'it has no manifest.json: docker before 1.10 wrote it',
      hint: 'load it into a current docker and save it again',
    });
  }
  const missing = top.has('blobs') || top.has('oci-layout') ? 'index.json' : null;
  if (missing === null) return;
  throw new TsrunError('IMAGE_INVALID', `cannot read "${name}": the image is not complete`, {
    why: `it looks like an OCI image layout, but "${missing}" is missing`,
  });
}
