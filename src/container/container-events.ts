/** What happens to containers, for `events`. */
import { attributeMembers } from '../events/event.ts';
import { eventsFile, recordEvents } from '../events/record-events.ts';
import type { Paths } from '../host/paths.ts';
import type { MonitorEventTarget } from '../native/launch-header.ts';
import { localDriver } from './request/driver-options.ts';
import type { MountRequest, VolumeMount } from './request/run-request.ts';

/** What the events of a container tell of it. */
export interface EventActor {
  readonly id: string;
  readonly name: string;
  /** The image as it was asked for. */
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** In the directory of a container that was renamed: what its monitor, which knows the old name, says in place of that. */
export const actorFile = 'actor';

/** docker's actions, of which the monitor writes `start`, `oom` and `health_status`, and `die` as long as it lives. */
export type ContainerAction =
  | 'create'
  | 'kill'
  | 'stop'
  | 'restart'
  | 'pause'
  | 'unpause'
  | 'rename'
  | 'update'
  | 'die'
  | 'destroy'
  | 'attach'
  | 'detach'
  // Files were read, or put there.
  | 'archive-path'
  | 'extract-to-dir'
  | 'export'
  | 'commit'
  | `exec_create: ${string}`
  | `exec_start: ${string}`
  | 'exec_die';

/** Several are written at once. */
export function containerEvents(
  paths: Paths,
  actor: EventActor,
  ...actions: readonly (readonly [ContainerAction, Readonly<Record<string, string>>?])[]
): void {
  recordEvents(
    paths.state,
    actions.map(([action, more = {}]) => ({
      type: 'container',
      action,
      id: actor.id,
      // Its own have the first places, where none is left out, and the last word.
      attributes: { ...more, ...attributesOf(actor), ...more },
    })),
  );
}

/** The same for the monitor, which adds attributes of its own behind them. */
export const monitorEvents = (
  paths: Paths,
  actor: EventActor,
  mounts: readonly MountRequest[],
): MonitorEventTarget => ({
  file: eventsFile(paths.state),
  id: actor.id,
  attributes: attributeMembers(attributesOf(actor)),
  volumes: mounts.flatMap((mount) =>
    mount.type === 'chosen-volume' ? [{ name: mount.name, attributes: attributeMembers(mounted(actor, mount)) }] : [],
  ),
});

/** What the monitor says at the end, in its place. */
export function endEvents(paths: Paths, actor: EventActor, exitCode: number, mounts: readonly MountRequest[]): void {
  containerEvents(paths, actor, ['die', { exitCode: `${exitCode}` }]);
  const volumes = mounts.flatMap((mount) => (mount.type === 'chosen-volume' ? [mount.name] : []));
  if (volumes.length === 0) return;
  const attributes = { container: actor.id, driver: localDriver };
  recordEvents(
    paths.state,
    volumes.map((id) => ({ type: 'volume', action: 'unmount', id, attributes })),
  );
}

/** docker's of `mount`, of which the monitor knows those of `unmount` itself. */
const mounted = ({ id }: EventActor, { target, access }: VolumeMount): Readonly<Record<string, string>> => ({
  container: id,
  destination: target,
  driver: localDriver,
  propagation: '',
  'read/write': String(access === 'rw'),
});

/** What there is no room for is a label; a label of the same name is not the container's name. */
function attributesOf({ image, name, labels }: EventActor): Readonly<Record<string, string>> {
  const own = { image, name };
  return { ...own, ...labels, ...own };
}
