/** The `linux` object of config.json: runtime-spec config-linux.md. */
import type {
  OciDevice,
  OciLinux,
  OciMemoryPolicy,
  OciNamespace,
  OciNamespaceType,
  OciNetDevice,
  OciRootfsPropagation,
  OciTimeOffset,
} from '../linux.ts';
import { namespaceTypes } from '../linux.ts';
import { memoryPolicyFlags, memoryPolicyModes } from '../memory-policy.ts';
import {
  absolutePath,
  int64,
  integer,
  list,
  map,
  may,
  mayPath,
  need,
  object,
  oneOf,
  type Parser,
  text,
  uint32,
} from './combinators.ts';
import { idMappings } from './id-mappings.ts';
import { fail, inside, type Place, shown } from './place.ts';
import { cpus } from './process.ts';
import { resources } from './resources.ts';
import { seccomp } from './seccomp.ts';

const namespace: Parser<OciNamespace> = object<OciNamespace>({
  type: need(oneOf<OciNamespaceType>(namespaceTypes, 'a type of namespace')),
  path: mayPath,
});

const namespaces: Parser<readonly OciNamespace[]> = (value, at) => {
  const found = list(namespace)(value, at);
  const seen = new Set<string>();
  for (const [index, { type }] of found.entries()) {
    if (seen.has(type)) fail(inside(inside(at, index), 'type'), `"${type}" is there twice`, '');
    seen.add(type);
  }
  return found;
};

const deviceNumber = integer(0, 2 ** 32 - 1);

const device: Parser<OciDevice> = (value, at) => {
  const result = object<OciDevice>({
    path: need(absolutePath),
    type: need(oneOf(['c', 'b', 'u', 'p'], 'a kind of device')),
    major: may(deviceNumber),
    minor: may(deviceNumber),
    // Some writers leave the kind of file in it.
    fileMode: may(uint32),
    uid: may(uint32),
    gid: may(uint32),
  })(value, at);
  if (result.type !== 'p') {
    for (const field of ['major', 'minor'] as const) {
      if (result[field] === undefined)
        fail(inside(at, field), `is missing: a device of type ${result.type} needs it`, '');
    }
  }
  return result;
};

/** dev_valid_name() of net/core/dev.c. */
const interfaceName = (name: string, at: Place): string =>
  name === '' || name.length > 15 || name === '.' || name === '..' || /[/:\s]/.test(name)
    ? fail(at, `${shown(name)} cannot be the name of a network interface`, '')
    : name;

const netDevices: Parser<Readonly<Record<string, OciNetDevice>>> = (value, at) => {
  const name: Parser<string> = (each, place) => interfaceName(text(each, place), place);
  const devices = map(object<OciNetDevice>({ name: may(name) }))(value, at);
  for (const host of Object.keys(devices)) interfaceName(host, at);
  return devices;
};

const memoryPolicy: Parser<OciMemoryPolicy> = (value, at) => {
  const policy = object<OciMemoryPolicy>({
    mode: need(oneOf(memoryPolicyModes, 'a memory policy')),
    nodes: may(cpus),
    flags: may(list(oneOf(memoryPolicyFlags, 'a flag of memory policies'))),
  })(value, at);
  const { mode, nodes = '' } = policy;
  const takesNone = mode === 'MPOL_DEFAULT' || mode === 'MPOL_LOCAL';
  if (takesNone && nodes !== '') fail(inside(at, 'nodes'), `must be empty with ${mode}`, '');
  if (!takesNone && mode !== 'MPOL_PREFERRED' && nodes === '')
    fail(inside(at, 'nodes'), `is missing: ${mode} needs it`, '');
  // set_mempolicy(2).
  if (['MPOL_F_STATIC_NODES', 'MPOL_F_RELATIVE_NODES'].every((each) => policy.flags?.some((flag) => flag === each)))
    fail(inside(at, 'flags'), 'cannot be both MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES', '');
  return policy;
};

const timeOffset: Parser<OciTimeOffset> = object<OciTimeOffset>({
  secs: may(int64),
  nanosecs: may(integer(0, 999_999_999)),
});

type Clocks = NonNullable<OciLinux['timeOffsets']>;
const timeOffsets: Parser<Clocks> = (value, at) => {
  const offsets = map(timeOffset)(value, at);
  for (const clock of Object.keys(offsets)) {
    if (clock !== 'monotonic' && clock !== 'boottime') {
      fail(inside(at, clock), 'is not a clock of a time namespace', 'these are monotonic and boottime');
    }
  }
  return offsets;
};

/** The recursive words are not the specification's; clients write them all the same. */
const rootfsPropagation = oneOf<OciRootfsPropagation>(
  ['private', 'slave', 'shared', 'unbindable', 'rprivate', 'rslave', 'rshared', 'runbindable'],
  'a propagation',
);

const personality: Parser<NonNullable<OciLinux['personality']>> = (value, at) => {
  const result = object<NonNullable<OciLinux['personality']>>({
    domain: need(oneOf(['LINUX', 'LINUX32'], 'a personality')),
    flags: may(list(text)),
  })(value, at);
  if ((result.flags ?? []).length > 0)
    fail(inside(at, 'flags'), 'must be empty: the specification has no flags yet', '');
  return result;
};

const fields = object<OciLinux>({
  uidMappings: may(idMappings),
  gidMappings: may(idMappings),
  timeOffsets: may(timeOffsets),
  sysctl: may(map(text)),
  resources: may(resources),
  cgroupsPath: may(text),
  namespaces: may(namespaces),
  devices: may(list(device)),
  netDevices: may(netDevices),
  memoryPolicy: may(memoryPolicy),
  seccomp: may(seccomp),
  rootfsPropagation: may(rootfsPropagation),
  maskedPaths: may(list(absolutePath)),
  readonlyPaths: may(list(absolutePath)),
  mountLabel: may(text),
  personality: may(personality),
});

export const linux: Parser<OciLinux> = (value, at) => {
  const result = fields(value, at);
  refuseIntelRdt(value as { readonly intelRdt?: unknown }, inside(at, 'intelRdt'));
  return result;
};

/** Not one of our types: nothing after this knows that it exists. */
function refuseIntelRdt({ intelRdt }: { readonly intelRdt?: unknown }, at: Place): void {
  const asks =
    typeof intelRdt === 'object' && intelRdt !== null ? Object.keys(intelRdt).length > 0 : intelRdt !== undefined;
  if (asks && intelRdt !== null) fail(at, 'is not supported', 'leave it out, or use a runtime with Intel RDT');
}
