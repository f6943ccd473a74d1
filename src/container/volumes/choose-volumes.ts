/** Which volumes a new container has and where: its own, other containers', its image's. Makes none of them. */
import type { Paths } from '../../host/paths.ts';
import type { ImageConfig } from '../../image/image.ts';
import { randomHex } from '../../native/sha256.ts';
import { volumeDirectories } from '../config/mounts.ts';
import type { VolumeUse } from '../container-record.ts';
import { volumePlace } from '../request/driver-options.ts';
import type { MountRequest, RunRequest, VolumeMount, VolumeName, VolumeRequest } from '../request/run-request.ts';
import type { VolumeToMake } from './make-volume.ts';
import { mountsFrom } from './mounts-from.ts';
import { anonymousLabel } from './volume-record.ts';
import { dataPath, readVolume, volumePath } from './volume-store.ts';

/** One that has to be there before the container starts. */
export interface ChosenVolume extends VolumeToMake {
  /** Where the image may have files for it; null: it gets none. */
  readonly copyFrom: string | null;
}

export interface ChosenVolumes {
  /** Every mount of a volume in it is a chosen one. */
  readonly request: RunRequest;
  readonly volumes: readonly ChosenVolume[];
  readonly uses: readonly VolumeUse[];
}

/**
 * docker's order: what a container mounts itself hides what it would get at the same place from others, and both hide the
 * image's volumes.
 *
 * @throws TsrunError when a container of `--volumes-from` does not exist
 */
export function chooseVolumes(request: RunRequest, image: Pick<ImageConfig, 'volumes'>, paths: Paths): ChosenVolumes {
  const volumes: ChosenVolume[] = [];
  const choose = (wanted: VolumeRequest): VolumeMount => {
    const { target, access, subpath, copyUp } = wanted;
    const name = wanted.name ?? newVolumeName();
    const kind = wanted.name === null ? 'anonymous' : 'named';
    const labels = kind === 'named' ? wanted.labels : { ...wanted.labels, [anonymousLabel]: '' };
    volumes.push({ name, labels, options: wanted.driverOptions, copyFrom: copyUp ? target : null });
    return {
      type: 'chosen-volume',
      name,
      kind,
      target,
      subpath,
      ...placeOf(paths, name, wanted.driverOptions, access),
    };
  };
  const own = request.mounts.map((mount) => (mount.type === 'volume' ? choose(mount) : mount));
  const taken = new Set(own.map(({ target }) => target));
  const others = mountsFrom(paths, request.volumesFrom).filter(({ target }) => !taken.has(target));
  for (const { target } of others) taken.add(target);
  const images = volumeDirectories(image)
    .filter((target) => !taken.has(target))
    .map((target) => choose({ ...anonymous, target }));
  const mounts: readonly MountRequest[] = [...own, ...others, ...images];
  return { request: { ...request, mounts }, volumes, uses: usesOf(mounts) };
}

const anonymous = {
  type: 'volume',
  name: null,
  access: 'rw',
  subpath: '',
  copyUp: true,
  labels: {},
  driverOptions: {},
} as const satisfies Omit<VolumeRequest, 'target'>;

export const newVolumeName = (): VolumeName => randomHex(32) as VolumeName;

/** Of a volume that exists its own options count. */
function placeOf(
  paths: Paths,
  name: VolumeName,
  options: Readonly<Record<string, string>>,
  access: 'rw' | 'ro',
): Pick<VolumeMount, 'source' | 'access' | 'ids'> {
  const path = volumePath(paths, name);
  const place = volumePlace(readVolume(paths, name)?.record.options ?? options);
  if (place.type === 'own') return { source: dataPath({ path }), access, ids: 'container' };
  return { source: place.device, access: place.access === 'ro' ? 'ro' : access, ids: 'host' };
}

/** A volume may be mounted twice. */
function usesOf(mounts: readonly MountRequest[]): readonly VolumeUse[] {
  const uses = new Map<VolumeName, VolumeUse>();
  for (const mount of mounts) {
    if (mount.type === 'chosen-volume') uses.set(mount.name, { name: mount.name, kind: mount.kind });
  }
  return [...uses.values()];
}
