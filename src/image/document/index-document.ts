/** Image indexes and manifests: the two documents that lead from a name to layers. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { type Descriptor, parseDescriptor } from './descriptor.ts';
import { asArray, asObject, badField, isAbsent, type JsonObject, parseJson } from './json.ts';
import { type DocumentKind, documentKind, isConfigType, isLayerType } from './media-type.ts';

export type ImageDocument =
  | { readonly kind: 'index'; readonly manifests: readonly Descriptor[] }
  | { readonly kind: 'manifest'; readonly config: Descriptor; readonly layers: readonly Descriptor[] };

/** More than any index in the world has; a document of 8 MiB could hold fifty thousand. */
const maxManifests = 1024;
/** Overlay takes 500 layers at the most, docker 125. */
const maxLayers = 500;

/**
 * Reads an index or a manifest. A document must be what its descriptor says and cannot be both: two readers that disagree on
 * that run two different images (image-spec GHSA-77vh-xpmg-72qh).
 *
 * @param announced media type of the descriptor that led here; null for index.json
 * @throws TsrunError IMAGE_INVALID, IMAGE_UNSUPPORTED
 */
export function parseImageDocument(bytes: Uint8Array, announced: string | null, at: string): ImageDocument {
  const fields = asObject(parseJson(bytes, at), at);
  if (fields['schemaVersion'] === 1) {
    throw new TsrunError('IMAGE_UNSUPPORTED', `cannot read the image's ${at}`, {
      why: 'it has schema version 1, which has been out of use since 2017',
      hint: 'convert it with "skopeo copy"',
    });
  }
  if (!isAbsent(fields['manifests']) && !isAbsent(fields['layers'])) {
    throw badField(at, 'an index or a manifest: it claims to be both');
  }
  const kind = kindOf(fields, announced, at);
  if (kind === 'index') {
    const manifests = listOf(fields['manifests'], `${at} manifests`);
    if (manifests.length > maxManifests) throw badField(`${at} manifests`, `a list of at most ${maxManifests}`);
    return { kind, manifests: manifests.map((item, n) => parseDescriptor(item, `${at} manifests[${n}]`)) };
  }
  const layers = listOf(fields['layers'], `${at} layers`);
  if (layers.length > maxLayers) throw badField(`${at} layers`, `a list of at most ${maxLayers}`);
  return {
    kind,
    config: checkedConfig(parseDescriptor(fields['config'], `${at} config`), at),
    layers: layers.map((item, n) => checkedLayer(parseDescriptor(item, `${at} layers[${n}]`), `${at} layers[${n}]`)),
  };
}

/** Go writes an empty list as null. */
const listOf = (value: unknown, at: string): readonly unknown[] => (isAbsent(value) ? [] : asArray(value, at));

function kindOf(fields: JsonObject, announced: string | null, at: string): DocumentKind {
  const own = fields['mediaType'];
  const shape: DocumentKind = 'manifests' in fields && !('config' in fields) ? 'index' : 'manifest';
  for (const mediaType of [own, announced]) {
    if (isAbsent(mediaType) || mediaType === '') continue;
    const kind = documentKind(String(mediaType));
    if (kind === null) {
      throw new TsrunError('IMAGE_UNSUPPORTED', `cannot read the image's ${at}`, {
        why: `its media type is "${String(mediaType)}", which is neither an image index nor an image manifest`,
      });
    }
    if (kind !== shape) throw badField(at, `an image ${kind}, though its media type says so`);
  }
  return shape;
}

function checkedConfig(config: Descriptor, at: string): Descriptor {
  if (isConfigType(config.mediaType)) return config;
  throw new TsrunError('IMAGE_UNSUPPORTED', 'cannot run this artefact', {
    why: `${at} has a config of type "${config.mediaType}": it is not a container image`,
  });
}

function checkedLayer(layer: Descriptor, at: string): Descriptor {
  if (isLayerType(layer.mediaType)) return layer;
  const encrypted = layer.mediaType.endsWith('+encrypted');
  throw new TsrunError('IMAGE_UNSUPPORTED', `cannot unpack a layer of type "${layer.mediaType}"`, {
    why: encrypted ? `${at} is encrypted` : `${at} has a media type that tsrun does not know`,
    hint: encrypted
      ? 'decrypt the image first, for example with "skopeo copy --decryption-key"'
      : 'is it a container image?',
  });
}
