/** The devices of a container: nodes beside the default ones, and the rules of the device cgroup. */
import { posix } from 'node:path';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { OciMount } from '../../oci/config.ts';
import { defaultDeviceRules, defaultDevices } from '../../oci/defaults.ts';
import type { OciDevice } from '../../oci/linux.ts';
import type { OciDeviceRule } from '../../oci/resources.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import type { RunRequest } from '../request/run-request.ts';
import type { HostDevice } from './input.ts';

interface Chosen {
  readonly device: HostDevice;
  /** Path in the container. */
  readonly path: string;
  readonly access: string;
}

/**
 * `linux.devices`: what `--device` names, a directory standing for the nodes below it; all of /dev with `--privileged`.
 * Without those that {@link deviceBinds} puts there.
 */
export function deviceNodes(
  request: RunRequest,
  devices: readonly HostDevice[],
  userns: UserNamespace,
): readonly OciDevice[] {
  return nodesOf(request, devices)
    .filter((chosen) => !isRenamed(chosen, userns))
    .map(({ device, path }) => ({
      path,
      type: device.type,
      major: device.major,
      minor: device.minor,
      fileMode: device.mode,
      uid: device.uid,
      gid: device.gid,
    }));
}

/**
 * In a user namespace no node can be made: the host's is bound there. The specification has no field for where the host
 * has it, so one that the container knows by another name is a mount.
 */
export function deviceBinds(
  request: RunRequest,
  devices: readonly HostDevice[],
  userns: UserNamespace,
): readonly OciMount[] {
  return nodesOf(request, devices)
    .filter((chosen) => isRenamed(chosen, userns))
    .map(({ device, path }) => ({
      destination: path,
      type: 'bind',
      source: device.path,
      options: ['bind', 'rprivate', 'nosuid', 'noexec'],
    }));
}

const isRenamed = ({ device, path }: Chosen, userns: UserNamespace): boolean =>
  userns.type === 'new' && device.path !== path;

/** What is not in every container already. */
function nodesOf(request: RunRequest, devices: readonly HostDevice[]): readonly Chosen[] {
  const own = new Set(['/dev/console', '/dev/ptmx', ...defaultDevices.map(({ path }) => path)]);
  return chosen(request, devices).filter(({ path }) => !own.has(path) && !path.startsWith('/dev/pts/'));
}

/** Whether somebody narrowed or widened what may be done with devices: an access of less than all, or a rule. */
export const deviceRulesAsked = (request: Pick<RunRequest, 'devices' | 'deviceCgroupRules'>): boolean =>
  request.deviceCgroupRules.length > 0 || request.devices.some(({ access }) => !/^(?=.*r)(?=.*w).*m/.test(access));

/** `linux.resources.devices`: nothing, then what every container has, then what was asked for. The last match counts. */
export function deviceRules(request: RunRequest, devices: readonly HostDevice[]): readonly OciDeviceRule[] {
  if (request.privileged) return [{ allow: true, access: 'rwm' }];
  return [
    { allow: false, access: 'rwm' },
    ...defaultDeviceRules,
    ...chosen(request, devices).map(({ device: { type, major, minor }, access }) => ({
      allow: true,
      type,
      major,
      minor,
      access,
    })),
    ...request.deviceCgroupRules.map(parseDeviceRule),
  ];
}

function chosen(request: RunRequest, devices: readonly HostDevice[]): readonly Chosen[] {
  const all = request.privileged
    ? devices
        .filter(({ path }) => path.startsWith('/dev/'))
        .map((device) => ({ device, path: device.path, access: 'rwm' }))
    : [];
  const asked = request.devices.flatMap(({ source, target, access }) => {
    const found = devices.filter(({ path }) => path === source || path.startsWith(`${source.replace(/\/+$/, '')}/`));
    if (found.length === 0) {
      throw new TsrunError('USAGE', `cannot find the device "${source}"`, {
        why: 'there is no device node of that name on this host, nor one below it',
        hint: 'ls -l /dev shows the nodes; the first letter of a line is b or c',
      });
    }
    return found.map((device) => ({
      device,
      path: device.path === source ? target : posix.join(target, device.path.slice(source.length)),
      access,
    }));
  });
  return [...all, ...asked];
}

/**
 * `--device-cgroup-rule`, for example `c 1:3 mr` or `a *:* rwm`.
 *
 * @throws TsrunError USAGE
 */
export function parseDeviceRule(text: string): OciDeviceRule {
  const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
  if (match === null) {
    throw new TsrunError('USAGE', `cannot read the device rule "${text}"`, {
      hint: 'write TYPE MAJOR:MINOR ACCESS, for example "c 1:3 rwm"; * stands for any number',
    });
  }
  const [, type = 'a', major = '*', minor = '*', access = ''] = match;
  return {
    allow: true,
    type,
    ...(major === '*' ? {} : { major: Number(major) }),
    ...(minor === '*' ? {} : { minor: Number(minor) }),
    access,
  };
}
