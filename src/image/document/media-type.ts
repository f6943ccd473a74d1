/** Media types of image documents and layers, image-spec media-types.md and their docker counterparts. */

export type DocumentKind = 'index' | 'manifest';

const documents: Readonly<Record<string, DocumentKind>> = {
  'application/vnd.oci.image.index.v1+json': 'index',
  'application/vnd.docker.distribution.manifest.list.v2+json': 'index',
  'application/vnd.oci.image.manifest.v1+json': 'manifest',
  'application/vnd.docker.distribution.manifest.v2+json': 'manifest',
};

const configs = new Set(['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json']);

const layers = new Set([
  'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.oci.image.layer.v1.tar+gzip',
  'application/vnd.oci.image.layer.v1.tar+zstd',
  'application/vnd.oci.image.layer.nondistributable.v1.tar',
  'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
  'application/vnd.docker.image.rootfs.diff.tar',
  'application/vnd.docker.image.rootfs.diff.tar.gzip',
  'application/vnd.docker.image.rootfs.diff.tar.zstd',
  'application/vnd.docker.image.rootfs.foreign.diff.tar',
  'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
]);

/** What a document of this media type is; null for one that tsrun does not read. */
export const documentKind = (mediaType: string): DocumentKind | null =>
  Object.hasOwn(documents, mediaType) ? (documents[mediaType] ?? null) : null;

export const isConfigType = (mediaType: string): boolean => configs.has(mediaType);

/** Whether a blob of this media type is a tar of changes. Its compression is found by its first bytes. */
export const isLayerType = (mediaType: string): boolean => layers.has(mediaType);
