/** Image configs: image-spec config.md, as written by docker, buildah, umoci, ko, nix and others. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { parseDigest } from '../digest.ts';
import type { Digest, ImageConfig, ImageHealthcheck } from '../image.ts';
import {
  asArray,
  asObject,
  asText,
  badField,
  isAbsent,
  optionalObject,
  optionalText,
  optionalTextMap,
  optionalTexts,
  parseJson,
} from './json.ts';

export interface ConfigDocument {
  readonly config: ImageConfig;
  /** Bottom layer first. */
  readonly diffIds: readonly Digest[];
}

/** @throws TsrunError IMAGE_INVALID */
export function parseImageConfig(bytes: Uint8Array): ConfigDocument {
  const document = asObject(parseJson(bytes, 'config'), 'config');
  const rootfs = asObject(document['rootfs'], 'config rootfs');
  if (!isAbsent(rootfs['type']) && rootfs['type'] !== 'layers') throw badField('config rootfs.type', '"layers"');
  const at = 'config rootfs.diff_ids';
  const diffIds = isAbsent(rootfs['diff_ids']) ? [] : asArray(rootfs['diff_ids'], at);
  return {
    config: readExecution(document, optionalObject(document['config'], 'config.config')),
    diffIds: diffIds.map((item, n) => parseDigest(asText(item, `${at}[${n}]`), `${at}[${n}]`)),
  };
}

function readExecution(
  document: Readonly<Record<string, unknown>>,
  execution: Readonly<Record<string, unknown>>,
): ImageConfig {
  return {
    os: optionalText(document['os'], 'config os') || 'linux',
    architecture: optionalText(document['architecture'], 'config architecture') ?? '',
    variant: optionalText(document['variant'], 'config variant') || null,
    env: environment(optionalTexts(execution['Env'], 'config.config Env')),
    entrypoint: optionalTexts(execution['Entrypoint'], 'config.config Entrypoint'),
    cmd: optionalTexts(execution['Cmd'], 'config.config Cmd'),
    user: optionalText(execution['User'], 'config.config User') ?? '',
    workingDir: optionalText(execution['WorkingDir'], 'config.config WorkingDir') ?? '',
    stopSignal: optionalText(execution['StopSignal'], 'config.config StopSignal') || null,
    healthcheck: healthcheck(execution['Healthcheck']),
    shell: optionalTexts(execution['Shell'], 'config.config Shell'),
    volumes: Object.keys(optionalObject(execution['Volumes'], 'config.config Volumes')),
    exposedPorts: Object.keys(optionalObject(execution['ExposedPorts'], 'config.config ExposedPorts')),
    labels: optionalTextMap(execution['Labels'], 'config.config Labels'),
    created: optionalText(document['created'], 'config created') || null,
  };
}

function healthcheck(value: unknown): ImageHealthcheck | null {
  if (isAbsent(value)) return null;
  const at = 'config.config Healthcheck';
  const fields = asObject(value, at);
  const number = (key: string): number => {
    const found = fields[key];
    if (isAbsent(found)) return 0;
    if (typeof found !== 'number' || !(found >= 0)) throw badField(`${at} ${key}`, 'a number that is not negative');
    return found;
  };
  const milliseconds = (key: string): number => number(key) / 1e6;
  return {
    test: optionalTexts(fields['Test'], `${at} Test`),
    interval: milliseconds('Interval'),
    timeout: milliseconds('Timeout'),
    startPeriod: milliseconds('StartPeriod'),
    startInterval: milliseconds('StartInterval'),
    retries: number('Retries'),
  };
}

function environment(env: readonly string[]): readonly string[] {
  for (const entry of env) {
    if (entry.startsWith('=')) throw badField('config.config Env', 'a list of NAME=value');
  }
  return env;
}

/** A manifest and its config must agree on the number of layers, or one of the two is not this image's. */
export function checkLayerCount(layers: number, diffIds: number): void {
  if (layers === diffIds) return;
  throw new TsrunError('IMAGE_INVALID', 'cannot use the image: its documents contradict each other', {
    why: `the manifest lists ${layers} layers, the config ${diffIds} diff ids`,
  });
}
