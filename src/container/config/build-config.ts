/**
 * From a request and an image to config.json: what docker would put there, in the runtime-spec's words.
 *
 * Pure: everything about the host comes in as data. One function for each part of the document.
 */
import type { ImageConfig } from '../../image/image.ts';
import { type OciConfig, type OciIdMapping, ociVersion } from '../../oci/config.ts';
import { defaultMaskedPaths, defaultReadonlyPaths } from '../../oci/defaults.ts';
import type { OciLinux } from '../../oci/linux.ts';
import { rlimitToJson } from '../../oci/rlimits.ts';
import type { IdMap } from '../../plan/plan.ts';
import type { RunRequest } from '../request/run-request.ts';
import { capabilitySets, containerCapabilities } from './capability-sets.ts';
import { commandLine } from './command-line.ts';
import { deviceBinds, deviceNodes, deviceRules } from './devices.ts';
import { environment, hostnameOf } from './environment.ts';
import type { ConfigInput } from './input.ts';
import { containerMounts } from './mounts.ts';
import { namespacesOf } from './namespaces.ts';
import { resourcesOf } from './resources.ts';
import { seccompOf } from './seccomp.ts';
import { containerSysctls } from './sysctls.ts';
import { userOf } from './user.ts';
import { withoutPrimitives } from './without.ts';

/**
 * The container's config.json. `root.path` is `rootfs`: where it is mounted is the plan's business.
 *
 * @throws TsrunError USAGE when the request contradicts itself or the image has no command; HOST_UNSUPPORTED when this
 * host cannot give what was asked.
 */
export function buildConfig(input: ConfigInput): OciConfig {
  const request = withoutPrimitives(input.request);
  const { image, id, host, machine, userns } = input;
  const hostname = hostnameOf(request, id, machine.hostname);
  const capabilities = containerCapabilities(
    request,
    host.lastCapability,
    machine.boundingSet,
    userns,
    host.cgroup.type === 'available' ? 'enforced' : 'absent',
  );
  const user = userOf(request, image);
  return {
    ociVersion,
    root: { path: 'rootfs', ...(request.readonlyRoot ? { readonly: true } : {}) },
    ...(request.uts === 'host' ? {} : { hostname }),
    ...(request.uts === 'host' || request.domainname === null ? {} : { domainname: request.domainname }),
    process: {
      terminal: request.terminal,
      user,
      args: commandLine(request, image),
      env: environment(request, image, hostname),
      cwd: workingDirectory(request, image),
      capabilities: capabilitySets(capabilities, user),
      rlimits: rlimits(request),
      noNewPrivileges: request.noNewPrivileges,
      // Zero is what a process has anyway; a user session's processes have more and may not go below it.
      ...(request.oomScoreAdj === 0 ? {} : { oomScoreAdj: request.oomScoreAdj }),
    },
    mounts: [...containerMounts(input, request), ...deviceBinds(request, input.machine.devices, input.userns)],
    ...(Object.keys(request.annotations).length === 0 ? {} : { annotations: request.annotations }),
    linux: linux(input, request, capabilities),
  };
}

function linux(input: ConfigInput, request: RunRequest, capabilities: readonly string[]): OciLinux {
  const { id, host, machine, userns } = input;
  const masks = !request.privileged && !request.without.includes('masks');
  const seccomp = seccompOf(request, {
    capabilities: new Set(capabilities),
    machine: machine.architecture,
    kernel: host.kernel,
  });
  return {
    namespaces: namespacesOf(request, userns),
    ...(userns.type === 'host' ? {} : { uidMappings: mappings(userns.uids), gidMappings: mappings(userns.gids) }),
    ...(request.time === null
      ? {}
      : {
          timeOffsets: {
            monotonic: { secs: Number(request.time.monotonic), nanosecs: 0 },
            boottime: { secs: Number(request.time.boottime), nanosecs: 0 },
          },
        }),
    sysctl: containerSysctls(request, userns, machine),
    cgroupsPath: request.cgroupParent === null ? id : `${request.cgroupParent.replace(/\/+$/, '')}/${id}`,
    resources: { ...resourcesOf(request, machine.devices), devices: deviceRules(request, machine.devices) },
    devices: deviceNodes(request, machine.devices, userns),
    ...(seccomp === null ? {} : { seccomp }),
    maskedPaths: masks ? [...defaultMaskedPaths, ...machine.thermalPaths] : [],
    readonlyPaths: masks ? defaultReadonlyPaths : [],
  };
}

const mappings = (maps: readonly IdMap[]): readonly OciIdMapping[] =>
  maps.map(({ container, host, size }) => ({ containerID: container, hostID: host, size }));

/** Relative ones are taken from /, as docker does with an image's. */
function workingDirectory(request: RunRequest, image: ImageConfig): string {
  const directory = request.workingDirectory ?? image.workingDir;
  if (directory === '') return '/';
  return directory.startsWith('/') ? directory : `/${directory}`;
}

const rlimits = (request: RunRequest) =>
  request.ulimits.map(({ name, soft, hard }) => ({
    type: `RLIMIT_${name.toUpperCase()}`,
    soft: rlimitToJson(soft),
    hard: rlimitToJson(hard),
  }));
