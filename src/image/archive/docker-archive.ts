/** docker-archive, what `docker save` writes: manifest.json names the config and the layers of each image by their paths. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { chainIds } from '../chain-id.ts';
import { digestOfHex, sha256, shortDigest } from '../digest.ts';
import { checkLayerCount, parseImageConfig } from '../document/image-config.ts';
import { asArray, asObject, asText, badField, optionalTexts, parseJson } from '../document/json.ts';
import type { Digest } from '../image.ts';
import { choosePlatform } from './choose-platform.ts';
import type { ArchiveImage, FoundImage, LayerSource } from './found-image.ts';
import type { ImageFiles } from './image-files.ts';
import { memberName } from './member-name.ts';
import { missingMember } from './tar-files.ts';
import { verifyLayer } from './verified-blob.ts';

interface Entry {
  readonly names: readonly string[];
  readonly config: string;
  readonly layers: readonly string[];
}

/** @throws TsrunError IMAGE_INVALID */
export async function readDockerArchive(files: ImageFiles): Promise<readonly FoundImage[]> {
  const at = 'manifest.json';
  const document = parseJson(await files.read(at), at);
  if (!Array.isArray(document) && isManifest(document)) throw skopeoDirectory(files.name);
  const entries = asArray(document, at).map((value, n) => parseEntry(value, `${at} [${n}]`));
  const byConfig = new Map<string, Entry>();
  for (const entry of entries) {
    const same = byConfig.get(entry.config);
    byConfig.set(entry.config, same === undefined ? entry : { ...same, names: [...same.names, ...entry.names] });
  }
  return [...byConfig.values()].map((entry) => {
    const named = namedDigest(entry.config);
    return {
      names: entry.names,
      digests: named === null ? [] : [named],
      read: async (wanted) => {
        const image = await readEntry(files, entry);
        choosePlatform([{ platform: image.config }], wanted, files.name);
        return image;
      },
    };
  });
}

const isManifest = (document: unknown): boolean =>
  typeof document === 'object' && document !== null && 'schemaVersion' in document;

/** `skopeo copy ... dir:` names blobs by their hex digits beside a bare manifest. */
const skopeoDirectory = (name: string): TsrunError =>
  new TsrunError('IMAGE_UNSUPPORTED', `cannot read "${name}"`, {
    why: 'it is a directory in the format of "skopeo copy ... dir:"',
    hint: `copy it to an OCI layout: skopeo copy dir:${name} oci:NEW:latest`,
  });

function parseEntry(value: unknown, at: string): Entry {
  const fields = asObject(value, at);
  const member = (path: string, field: string): string => {
    const name = memberName(path);
    if (name === null) throw badField(`${at}.${field}`, 'a path inside the archive');
    return name;
  };
  return {
    names: optionalTexts(fields['RepoTags'], `${at}.RepoTags`),
    config: member(asText(fields['Config'], `${at}.Config`), 'Config'),
    layers: optionalTexts(fields['Layers'], `${at}.Layers`).map((path) => member(path, 'Layers')),
  };
}

/** Writers name a config by its digest: HEX.json, blobs/sha256/HEX or sha256:HEX. */
function namedDigest(member: string): Digest | null {
  const hex = /(?:^|[/:])([0-9a-f]{64})(?:\.json)?$/.exec(member)?.[1];
  return hex === undefined ? null : digestOfHex(hex);
}

async function readEntry(files: ImageFiles, entry: Entry): Promise<ArchiveImage> {
  const configBytes = await files.read(entry.config);
  const id = sha256(configBytes);
  const named = namedDigest(entry.config);
  if (named !== null && named !== id) {
    throw new TsrunError('IMAGE_INVALID', `cannot use the config "${entry.config}"`, {
      why: `its contents have the digest ${shortDigest(id)}...: the image is damaged or was changed`,
    });
  }
  const { config, diffIds } = parseImageConfig(configBytes);
  checkLayerCount(entry.layers.length, diffIds.length);
  const chain = chainIds(diffIds);
  const layers = entry.layers.map(async (member, index): Promise<LayerSource> => {
    const size = await files.size(member);
    if (size === null) throw missingMember(files.name, member);
    const [diffId, chainId] = [diffIds[index], chain[index]];
    if (diffId === undefined || chainId === undefined) throw new Error('as many diff ids as layers');
    const digest = member.startsWith('blobs/sha256/') ? namedDigest(member) : null;
    const open = (): AsyncIterable<Uint8Array> =>
      digest === null ? files.open(member) : verifyLayer(files.open(member), { digest, size }, diffId);
    return { diffId, chainId, size, open };
  });
  return { id, configBytes, config, manifest: null, layers: await Promise.all(layers) };
}
