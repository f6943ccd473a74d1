/** Which limits can be enforced here. */
import type { CgroupHost } from '../../plan/host-facts.ts';
import { type Check, ok, warn } from './check.ts';

/** Controllers and the flags that need them. */
const wanted: ReadonlyMap<string, string> = new Map([
  ['memory', '--memory'],
  ['pids', '--pids-limit'],
  ['cpu', '--cpus'],
  ['cpuset', '--cpuset-cpus'],
  ['io', '--blkio-weight and --device-*-bps'],
]);

export function checkControlGroups(host: CgroupHost): Check {
  const name = 'cgroup v2';
  if (host.systemd === null && host.type === 'unavailable') {
    return warn(name, `${host.reason}; containers run without limits`, host.hint);
  }
  const { controllers, where } = placeOf(host);
  const missing = [...wanted].filter(([controller]) => !controllers.includes(controller));
  if (missing.length === 0) return ok(name, `${controllers.join(' ')} ${where}`);
  const details = missing.map(([controller, flags]) => {
    const place = Object.hasOwn(host.elsewhere, controller) ? host.elsewhere[controller] : undefined;
    return `${controller} (${flags})${place === undefined ? '' : ` is ${place}`}`;
  });
  const onV1 = missing.some(([controller]) => Object.hasOwn(host.elsewhere, controller));
  return warn(
    name,
    `cannot be limited: ${details.join(', ')}`,
    onV1
      ? 'boot with systemd.unified_cgroup_hierarchy=1, or run without those flags'
      : 'delegate them: sudo systemctl edit user@.service, [Service] Delegate=cpu cpuset io memory pids',
  );
}

function placeOf(host: CgroupHost): { readonly controllers: readonly string[]; readonly where: string } {
  const { systemd } = host;
  if (systemd !== null)
    return { controllers: systemd.controllers, where: `in scopes of systemd, ${systemd.directory}` };
  return host.type === 'available'
    ? { controllers: host.controllers, where: `below ${host.base}` }
    : { controllers: [], where: '' };
}
