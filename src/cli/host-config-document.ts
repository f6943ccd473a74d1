/** `HostConfig` of docker's `inspect`: what was asked for about the container's surroundings. */
import type { KeptRecord } from '../container/kept/kept-record.ts';
import type { DeviceRate, MountRequest, RunRequest, SeccompRequest } from '../container/request/run-request.ts';
import type { OciConfig } from '../oci/config.ts';
import { networkNames } from './published-ports.ts';

/** @param config as it was started last; null: it was never made whole */
export function hostConfigDocument(
  { request, removal }: KeptRecord,
  config: OciConfig | null,
): Readonly<Record<string, unknown>> {
  const { limits } = request;
  return {
    Binds: request.mounts.flatMap(bindText),
    ContainerIDFile: request.cidfile ?? '',
    LogConfig: logDocument(request),
    NetworkMode: networkNames(request)[0],
    PortBindings: portBindings(request),
    RestartPolicy: {
      Name: request.restart.name,
      MaximumRetryCount: request.restart.name === 'on-failure' ? request.restart.maximum : 0,
    },
    AutoRemove: removal === 'at-end',
    VolumesFrom: request.volumesFrom.map(({ container, access }) => `${container}${access === 'ro' ? ':ro' : ''}`),
    CapAdd: request.capAdd,
    CapDrop: request.capDrop,
    CgroupnsMode: request.cgroupns,
    Dns: request.dns.servers,
    DnsOptions: request.dns.options,
    DnsSearch: request.dns.search,
    ExtraHosts: request.extraHosts.map(({ host, address }) => `${host}:${address}`),
    GroupAdd: request.groupAdd,
    IpcMode: ipcMode(request.ipc),
    OomScoreAdj: request.oomScoreAdj,
    PidMode: pidMode(request.pid),
    Privileged: request.privileged,
    PublishAllPorts: request.publishAll,
    ReadonlyRootfs: request.readonlyRoot,
    SecurityOpt: securityOptions(request.noNewPrivileges, request.seccomp),
    UTSMode: request.uts === 'host' ? 'host' : '',
    UsernsMode: usernsText(request.userns),
    ShmSize: request.shmSize,
    Sysctls: request.sysctls,
    Runtime: 'tsrun',
    Tmpfs: Object.fromEntries(
      request.mounts.flatMap((mount) => (mount.type === 'tmpfs' ? [[mount.target, mount.parameters.join(',')]] : [])),
    ),
    Annotations: request.annotations,
    CpuShares: limits.cpuShares ?? 0,
    Memory: limits.memory ?? 0,
    NanoCpus: Math.round((limits.cpus ?? 0) * 1e9),
    CgroupParent: request.cgroupParent ?? '',
    BlkioWeight: limits.blkioWeight ?? 0,
    BlkioDeviceReadBps: limits.deviceReadBps.map(rateDocument),
    BlkioDeviceWriteBps: limits.deviceWriteBps.map(rateDocument),
    BlkioDeviceReadIOps: limits.deviceReadIops.map(rateDocument),
    BlkioDeviceWriteIOps: limits.deviceWriteIops.map(rateDocument),
    CpuPeriod: limits.cpuPeriod ?? 0,
    CpuQuota: limits.cpuQuota ?? 0,
    CpusetCpus: limits.cpusetCpus ?? '',
    CpusetMems: limits.cpusetMems ?? '',
    Devices: request.devices.map(({ source, target, access }) => ({
      PathOnHost: source,
      PathInContainer: target,
      CgroupPermissions: access,
    })),
    DeviceCgroupRules: request.deviceCgroupRules,
    MemoryReservation: limits.memoryReservation ?? 0,
    MemorySwap: limits.memorySwap ?? 0,
    PidsLimit: limits.pids ?? 0,
    Ulimits: request.ulimits.map(({ name, soft, hard }) => ({ Name: name, Hard: Number(hard), Soft: Number(soft) })),
    Init: request.init,
    MaskedPaths: config?.linux?.maskedPaths ?? [],
    ReadonlyPaths: config?.linux?.readonlyPaths ?? [],
  };
}

function bindText(mount: MountRequest): readonly string[] {
  const options = (access: string): string => (access === 'rw' ? '' : ':ro');
  if (mount.type === 'bind') return [`${mount.source}:${mount.target}${options(mount.access)}`];
  if (mount.type === 'chosen-volume' && mount.kind === 'named') {
    return [`${mount.name}:${mount.target}${options(mount.access)}`];
  }
  return [];
}

const logDocument = ({ log }: RunRequest): Readonly<Record<string, unknown>> => ({
  Type: log.driver,
  Config: log.driver === 'none' ? {} : { 'max-file': String(log.files), 'max-size': String(log.size) },
});

const securityOptions = (noNewPrivileges: boolean, seccomp: SeccompRequest): readonly string[] => [
  ...(noNewPrivileges ? ['no-new-privileges'] : []),
  ...(seccomp.type === 'unconfined' ? ['seccomp=unconfined'] : []),
  ...(seccomp.type === 'profile' ? [`seccomp=${seccomp.path}`] : []),
];

/** docker has `host` and nothing; what else there is has podman's words. */
const pidMode = (pid: RunRequest['pid']): string => {
  if (typeof pid === 'string') return pid === 'host' ? 'host' : '';
  return pid.type === 'container' ? `container:${pid.container}` : `ns:${pid.path}`;
};

/** A request is kept as it was asked for: by name. */
const ipcMode = (ipc: RunRequest['ipc']): string => {
  if (typeof ipc === 'string') return ipc;
  return ipc.type === 'container' ? `container:${ipc.container}` : `pid:${ipc.pid}`;
};

const usernsText = (userns: RunRequest['userns']): string =>
  typeof userns !== 'string' ? 'keep-id' : userns === 'default' ? '' : userns;

const rateDocument = ({ path, rate }: DeviceRate) => ({ Path: path, Rate: rate });

/** As they were asked for: an empty port is one that is chosen at the start. */
function portBindings({ publish }: RunRequest): Readonly<Record<string, unknown>> {
  const ports: Record<string, { readonly HostIp: string; readonly HostPort: string }[]> = {};
  for (const { protocol, hostAddress, hostPort, containerPort } of publish) {
    const port = `${containerPort}/${protocol}`;
    const binding = { HostIp: hostAddress ?? '', HostPort: hostPort === null ? '' : String(hostPort) };
    ports[port] = [...(ports[port] ?? []), binding];
  }
  return ports;
}
