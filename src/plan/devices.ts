/** /dev: the nodes every container has, those asked for, and the links. */

import { defaultDeviceLinks, defaultDevices } from '../oci/defaults.ts';
import type { OciDevice } from '../oci/linux.ts';
import type { PlanInput } from './build-plan.ts';
import type { Device, Step } from './plan.ts';

/** Nothing when the config puts no filesystem of its own on /dev: the image's or the host's nodes are not ours to make. */
export function deviceSteps(input: PlanInput): readonly Step[] {
  const dev = input.config.mounts?.find((mount) => mount.destination.replace(/\/+$/, '') === '/dev');
  const own = dev !== undefined && dev.type !== 'bind' && !dev.options?.some((option) => /^r?bind$/.test(option));
  const asked = input.config.linux?.devices ?? [];
  const nodes = new Map<string, OciDevice>();
  for (const device of [...(own ? defaultDevices : []), ...asked]) nodes.set(device.path, device);
  const how = input.userns.type !== 'host' || !input.host.initialUserNamespace ? 'bind' : 'mknod';
  const steps: Step[] = [...nodes.values()].map((device) => deviceStep(device, how));
  if (own) {
    // A link to nothing would be worse than none: the specification has /dev/core only where there is a /proc/kcore.
    const links = defaultDeviceLinks.filter(({ target }) => target !== '/proc/kcore' || input.host.hasKcore);
    steps.push(...links.map((link) => ({ kind: 'symlink', target: link.target, path: link.path }) as const));
  }
  return steps;
}

function deviceStep(device: OciDevice, how: 'mknod' | 'bind'): Device {
  return {
    kind: 'device',
    path: device.path,
    type: device.type === 'b' ? 'block' : device.type === 'p' ? 'fifo' : 'char',
    major: device.major ?? 0,
    minor: device.minor ?? 0,
    mode: device.fileMode ?? 0o666,
    uid: device.uid ?? 0,
    gid: device.gid ?? 0,
    // A FIFO is no device to the kernel: any user namespace may make one.
    how: device.type === 'p' ? 'mknod' : how,
    source: device.path,
  };
}
