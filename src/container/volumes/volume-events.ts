/** What happens to volumes, for `events`; `mount` and `unmount` are the monitor's to tell. */
import { recordEvents } from '../../events/record-events.ts';
import type { Paths } from '../../host/paths.ts';
import { localDriver } from '../request/driver-options.ts';
import type { VolumeName } from '../request/run-request.ts';

export const volumeEvent = (paths: Paths, name: VolumeName, action: 'create' | 'destroy'): void =>
  recordEvents(paths.state, [{ type: 'volume', action, id: name, attributes: { driver: localDriver } }]);
