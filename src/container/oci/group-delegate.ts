/** Who inside the container is to have its control group. Pure. */
import { posix } from 'node:path';
import type { OciConfig } from '../../oci/config.ts';
import { parseMountOptions } from '../../oci/mount-options.ts';
import { hasNamespace, makesNamespace } from '../../plan/namespaces.ts';

/**
 * The user of the process, where the hierarchy is mounted writable in a cgroup namespace of the container's own: runtime-spec,
 * config-linux.md#cgroup-ownership.
 *
 * @returns the uid as the runtime sees it; null: the group stays the runtime's
 */
export function groupDelegate(config: OciConfig): number | null {
  if (!makesNamespace(config, 'cgroup') || !mountsItWritable(config)) return null;
  const inside = config.process?.user.uid ?? 0;
  if (!hasNamespace(config, 'user')) return inside;
  // Of a namespace that is joined the config may not say the mapping.
  const mapping = config.linux?.uidMappings?.find(
    ({ containerID, size }) => inside >= containerID && inside < containerID + size,
  );
  return mapping === undefined ? null : mapping.hostID + inside - mapping.containerID;
}

const mountsItWritable = ({ mounts = [] }: OciConfig): boolean =>
  mounts.some(
    ({ type, source, destination, options = [] }) =>
      (type === 'cgroup' || type === 'cgroup2' || source === 'cgroup') &&
      posix.resolve('/', destination) === '/sys/fs/cgroup' &&
      !parseMountOptions(options).attributes.readonly,
  );
