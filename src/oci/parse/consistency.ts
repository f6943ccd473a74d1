/** What is right by itself and wrong together: fields that need a namespace, and mappings that need each other. */
import type { OciConfig } from '../config.ts';
import type { OciLinux, OciNamespaceType } from '../linux.ts';
import { sysctlNamespace, sysctlPath } from '../sysctls.ts';
import { fail, inside, type Place } from './place.ts';

/** @throws TsrunError CONFIG_INVALID */
export function checkConsistency(config: OciConfig, at: Place): void {
  const linux = config.linux ?? {};
  const own = new Set((linux.namespaces ?? []).map(({ type }) => type));
  const needs = (type: OciNamespaceType, place: Place): void => {
    if (!own.has(type)) fail(place, `needs a ${type} namespace, and linux.namespaces has none`, '');
  };
  const inLinux = inside(at, 'linux');
  if ((config.hostname ?? '') !== '') needs('uts', inside(at, 'hostname'));
  if ((config.domainname ?? '') !== '') needs('uts', inside(at, 'domainname'));
  // Without one they would be hidden from the whole machine.
  for (const field of ['maskedPaths', 'readonlyPaths'] as const) {
    if ((linux[field] ?? []).length > 0) needs('mount', inside(inLinux, field));
  }
  if (Object.keys(linux.netDevices ?? {}).length > 0) needs('network', inside(inLinux, 'netDevices'));
  checkUserNamespace(linux, inLinux, own.has('user'));
  if (linux.timeOffsets !== undefined && Object.keys(linux.timeOffsets).length > 0) {
    needs('time', inside(inLinux, 'timeOffsets'));
    if (joins(linux, 'time'))
      fail(inside(inLinux, 'timeOffsets'), 'cannot be set in a time namespace that exists already', '');
  }
  checkSysctls(linux, inside(inLinux, 'sysctl'), own);
  checkIdMappedMounts(config, inside(at, 'mounts'), own.has('user'));
}

const joins = (linux: OciLinux, type: OciNamespaceType): boolean =>
  linux.namespaces?.some((namespace) => namespace.type === type && namespace.path !== undefined) ?? false;

function checkUserNamespace(linux: OciLinux, at: Place, own: boolean): void {
  const { uidMappings: uids = [], gidMappings: gids = [] } = linux;
  if (!own) {
    if (uids.length > 0) fail(inside(at, 'uidMappings'), 'needs a user namespace, and linux.namespaces has none', '');
    if (gids.length > 0) fail(inside(at, 'gidMappings'), 'needs a user namespace, and linux.namespaces has none', '');
  } else if (!joins(linux, 'user')) {
    if (uids.length === 0) fail(inside(at, 'uidMappings'), 'is missing: a new user namespace needs it', '');
    if (gids.length === 0) fail(inside(at, 'gidMappings'), 'is missing: a new user namespace needs it', '');
  }
}

function checkSysctls(linux: OciLinux, at: Place, own: ReadonlySet<OciNamespaceType>): void {
  for (const [name, value] of Object.entries(linux.sysctl ?? {})) {
    const place = inside(at, name);
    const path = sysctlPath(name);
    if (path === null) fail(place, 'is not the name of a kernel parameter', '');
    if (path === 'kernel/hostname') fail(place, 'has a field of its own', 'set "hostname"');
    if (/\n./.test(value)) fail(place, 'has more than one line', '');
    const type = path.startsWith('user/') ? 'user' : sysctlNamespace(name);
    if (type === null)
      fail(place, 'belongs to the whole machine and not to a namespace', 'set it on the host with sysctl(8)');
    if (!own.has(type)) fail(place, `needs a ${type} namespace of the container's own: it would change the host's`, '');
  }
}

/** `idmap` alone means the container's own mappings. */
function checkIdMappedMounts(config: OciConfig, at: Place, ownUsers: boolean): void {
  for (const [index, { options = [], uidMappings }] of (config.mounts ?? []).entries()) {
    const asks = options.includes('idmap') || options.includes('ridmap');
    if (!asks || uidMappings !== undefined || ownUsers) continue;
    fail(inside(inside(at, index), 'uidMappings'), 'is missing: "idmap" without a user namespace needs it', '');
  }
}
