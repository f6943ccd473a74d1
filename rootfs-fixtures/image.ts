/** An image in memory: what all archive layouts are written from. */
import { createHash } from 'node:crypto';
import { type Compression, compress } from './compress.ts';
import type { Entry } from './entry.ts';
import { tarOf } from './tar.ts';

/** The `config` object of image-spec config.md, in the document's own spelling. */
export interface ConfigFields {
  readonly Env?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Labels?: Readonly<Record<string, string>>;
}

export interface LayerBlob {
  readonly mediaType: string;
  /** As stored, perhaps compressed. */
  readonly bytes: Buffer;
  /** The tar inside. */
  readonly tar: Buffer;
}

export interface Image {
  readonly reference: string;
  readonly architecture: string;
  readonly config: Buffer;
  readonly layers: readonly LayerBlob[];
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const suffixes = { none: '', gzip: '+gzip', zstd: '+zstd' } as const;

export interface ImageParts {
  /** name:tag. */
  readonly reference: string;
  readonly layers: readonly (readonly Entry[])[];
  readonly config: ConfigFields;
  readonly compression?: Extract<Compression, 'none' | 'gzip' | 'zstd'>;
  /** GOARCH name; this machine's by default. */
  readonly architecture?: string;
}

export const thisArchitecture = process.arch === 'x64' ? 'amd64' : process.arch;

/** Puts an image together: layers to blobs, diffIDs into the config document. */
export function imageOf({
  reference,
  layers,
  config,
  compression = 'gzip',
  architecture = thisArchitecture,
}: ImageParts): Image {
  const blobs = layers.map((entries): LayerBlob => {
    const tar = tarOf(entries);
    return {
      mediaType: `application/vnd.oci.image.layer.v1.tar${suffixes[compression]}`,
      bytes: compress(tar, compression),
      tar,
    };
  });
  const document = {
    created: '2024-01-01T00:00:00Z',
    architecture,
    os: 'linux',
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], ...config },
    rootfs: { type: 'layers', diff_ids: blobs.map(({ tar }) => `sha256:${sha256(tar)}`) },
    history: blobs.map(() => ({ created: '2024-01-01T00:00:00Z', created_by: 'rootfs-fixtures' })),
  };
  return { reference, architecture, config: Buffer.from(JSON.stringify(document)), layers: blobs };
}
