/** A stored image as docker's document, so that scripts need no change. */
import { localRfc3339 } from '../host/local-time.ts';
import type { ImageHealthcheck } from '../image/image.ts';
import type { ImageDetails } from '../image/list-images.ts';

/**
 * The fields of docker's ImageInspect and of the config in it. Where docker leaves a field out, it is there without a value: templates can
 * ask for it.
 */
export const imageDocument = (image: ImageDetails): Readonly<Record<string, unknown>> => ({
  Id: image.id,
  RepoTags: image.names,
  RepoDigests: image.repoDigests,
  Parent: '',
  Comment: image.told.comment,
  Created: image.created,
  DockerVersion: image.told.dockerVersion,
  Author: image.told.author,
  Config: configDocument(image),
  Architecture: image.config.architecture,
  ...(image.config.variant === null ? {} : { Variant: image.config.variant }),
  Os: image.config.os,
  Size: image.bytes,
  VirtualSize: image.bytes,
  // As docker, and mount(8): the uppermost first.
  GraphDriver: { Name: 'overlay', Data: { LowerDir: image.directories.toReversed().join(':') } },
  RootFS: { Type: 'layers', Layers: image.layers },
  Metadata: { LastTagTime: localRfc3339(Date.parse(image.stored)) },
});

const configDocument = ({ config, told }: ImageDetails): Readonly<Record<string, unknown>> => ({
  User: config.user,
  ExposedPorts: keysAsObject(config.exposedPorts),
  Env: config.env,
  Cmd: wordsOrNull(config.cmd),
  Healthcheck: config.healthcheck === null ? null : healthcheckDocument(config.healthcheck),
  Volumes: keysAsObject(config.volumes),
  WorkingDir: config.workingDir,
  Entrypoint: wordsOrNull(config.entrypoint),
  OnBuild: wordsOrNull(told.onBuild),
  Labels: config.labels,
  StopSignal: config.stopSignal ?? '',
  Shell: wordsOrNull(config.shell),
});

/** docker's durations are nanoseconds. */
const healthcheckDocument = (check: ImageHealthcheck): Readonly<Record<string, unknown>> => ({
  Test: check.test,
  Interval: Math.round(check.interval * 1e6),
  Timeout: Math.round(check.timeout * 1e6),
  StartPeriod: Math.round(check.startPeriod * 1e6),
  StartInterval: Math.round(check.startInterval * 1e6),
  Retries: check.retries,
});

const wordsOrNull = (words: readonly string[]): readonly string[] | null => (words.length === 0 ? null : words);

/** Go's sets: `{"80/tcp": {}}`. */
const keysAsObject = (keys: readonly string[]): Readonly<Record<string, object>> =>
  Object.fromEntries(keys.map((key) => [key, {}]));
