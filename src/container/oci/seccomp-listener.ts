/** Who answers for the system calls that a filter asks about: runtime-spec config-linux.md#seccomp, listenerPath. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { addon } from '../../native/addon.ts';
import type { OciConfig } from '../../oci/config.ts';
import { asksListener } from '../../oci/seccomp/filter.ts';
import { type StateParts, stateJson } from './state-json.ts';

/**
 * A connection to the listener, for the plan to take; none when no rule asks one.
 *
 * @throws TsrunError HOST_UNSUPPORTED when nobody listens
 */
export function connectListener(config: OciConfig): readonly number[] {
  const seccomp = config.linux?.seccomp;
  if (seccomp?.listenerPath === undefined || !asksListener(seccomp)) return [];
  try {
    return [addon().connectStream(seccomp.listenerPath)];
  } catch (cause) {
    throw new TsrunError('HOST_UNSUPPORTED', 'cannot use config.json: linux.seccomp.listenerPath', {
      why: `nobody listens at "${seccomp.listenerPath}": ${(cause as Error).message}`,
      hint: 'start the agent that answers for the system calls first',
      cause,
    });
  }
}

/** No process has it: pids are below 2^22. Its place is where the text is cut. */
const standIn = 2 ** 42;

/** Whether the process is the container's first or one more in it. */
export type ListenedContainer = { readonly status: 'creating' } | { readonly status: 'running'; readonly pid: number };

/**
 * What the listener is told (containerProcessState), cut where the pid stands: it is known when the process exists.
 *
 * @param metadata `listenerMetadata` of the config
 */
export function listenerMessage(parts: StateParts, container: ListenedContainer, metadata: string): readonly string[] {
  const pid = container.status === 'creating' ? standIn : container.pid;
  const state: unknown = JSON.parse(stateJson(parts, container.status, pid));
  const text = JSON.stringify({ ociVersion: parts.ociVersion, fds: ['seccompFd'], pid: standIn, metadata, state });
  // Inside a string the quotes would have backslashes, so these are fields.
  return text
    .split(`"pid":${standIn}`)
    .map((piece, index, pieces) => (index < pieces.length - 1 ? `${piece}"pid":` : piece));
}
