/** A container as docker's `inspect` shows it: the same keys, as far as there is an answer, and the control group. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readHealth } from '../container/health/health-file.ts';
import type { KeptContainer } from '../container/kept/kept-container.ts';
import { stopSignalName } from '../container/kept/kept-record.ts';
import { readRan } from '../container/kept/monitor-files.ts';
import { readConfig } from '../container/kept/read-config.ts';
import { readRestartError, readRestarting } from '../container/kept/restart-files.ts';
import { readStartFailure } from '../container/kept/start-failure.ts';
import { exitCodeOfEnd } from './container-rows.ts';
import { mountDocuments } from './mount-documents.ts';

/** docker's word for a moment that has not come. */
const never = '0001-01-01T00:00:00Z';

export function containerDocument(container: KeptContainer): Readonly<Record<string, unknown>> {
  const { id, name, kept, record, path } = container;
  const { request } = kept;
  const [program = '', ...args] = kept.command;
  const config = existsSync(join(path, 'config.json')) ? readConfig(path) : null;
  return {
    Id: id,
    Created: kept.created,
    Path: program,
    Args: args,
    State: stateDocument(container),
    RestartCount: readRestarting(path)?.count ?? 0,
    Image: kept.image.id ?? kept.image.argument,
    ResolvConfPath: join(path, 'resolv.conf'),
    HostnamePath: join(path, 'hostname'),
    HostsPath: join(path, 'hosts'),
    LogPath: join(path, 'log'),
    Name: `/${name}`,
    Platform: 'linux',
    HostConfig: {
      RestartPolicy: {
        Name: request.restart.name,
        MaximumRetryCount: request.restart.name === 'on-failure' ? request.restart.maximum : 0,
      },
      AutoRemove: kept.removal === 'at-end',
      NetworkMode: request.network,
      Privileged: request.privileged,
      ReadonlyRootfs: request.readonlyRoot,
      CapAdd: request.capAdd,
      CapDrop: request.capDrop,
      Memory: request.limits.memory ?? 0,
      NanoCpus: Math.round((request.limits.cpus ?? 0) * 1e9),
      MemoryReservation: request.limits.memoryReservation ?? 0,
      MemorySwap: request.limits.memorySwap ?? 0,
      CpuShares: request.limits.cpuShares ?? 0,
      CpuQuota: request.limits.cpuQuota ?? 0,
      CpuPeriod: request.limits.cpuPeriod ?? 0,
      CpusetCpus: request.limits.cpusetCpus ?? '',
      CpusetMems: request.limits.cpusetMems ?? '',
      BlkioWeight: request.limits.blkioWeight ?? 0,
      PidsLimit: request.limits.pids ?? 0,
      OomScoreAdj: request.oomScoreAdj,
      ShmSize: request.shmSize,
      PidMode: request.pid === 'host' ? 'host' : '',
      IpcMode: request.ipc,
      UTSMode: request.uts === 'host' ? 'host' : '',
      CgroupnsMode: request.cgroupns,
      Sysctls: request.sysctls,
      Init: request.init,
      VolumesFrom: request.volumesFrom.map(({ container, access }) => `${container}${access === 'ro' ? ':ro' : ''}`),
    },
    Mounts: mountDocuments(request.mounts),
    Config: {
      Hostname: config?.hostname ?? request.hostname ?? id.slice(0, 12),
      User: kept.user,
      Tty: request.terminal,
      OpenStdin: request.stdin === 'inherit',
      Env: config?.process?.env ?? request.env,
      Cmd: kept.command,
      Image: kept.image.name,
      WorkingDir: config?.process?.cwd ?? request.workingDirectory ?? '/',
      Labels: request.labels,
      StopSignal: stopSignalName(kept),
      StopTimeout: request.stopTimeout,
    },
    CgroupPath: record.cgroup,
  };
}

function stateDocument({ state, path, kept }: KeptContainer): Readonly<Record<string, unknown>> {
  const live = state.status === 'running' || state.status === 'paused' ? state.running : null;
  const end = state.status === 'exited' || state.status === 'restarting' ? state.end : null;
  return {
    Status: state.status,
    // As docker: one that waits for its next start counts.
    Running: live !== null || state.status === 'restarting',
    Paused: state.status === 'paused',
    Restarting: state.status === 'restarting',
    OOMKilled: end?.type === 'seen' && end.oomKills > 0,
    Pid: live?.process.pid ?? 0,
    ExitCode: end === null ? 0 : exitCodeOfEnd(end),
    Error: end?.type === 'lost' ? 'the monitor was lost: nobody saw how it ended' : errorOf(path),
    StartedAt: live?.started ?? readRan(path)?.started ?? never,
    FinishedAt: end?.finished ?? never,
    ...(kept.health === null ? {} : { Health: healthDocument(path) }),
  };
}

/** Of its policy's last start, else of a person's. */
function errorOf(path: string): string {
  const failed = readStartFailure(path);
  return readRestartError(path) || (failed === null ? '' : `${failed.message}: ${failed.why ?? ''}`.replace(/: $/, ''));
}

/** Of the last run, when it has ended. */
function healthDocument(path: string): Readonly<Record<string, unknown>> {
  const { status, streak, log } = readHealth(path) ?? { status: 'starting', streak: 0, log: [] };
  return {
    Status: status,
    FailingStreak: streak,
    Log: log.map(({ start, end, exitCode, output }) => ({
      Start: start,
      End: end,
      ExitCode: exitCode,
      Output: output,
    })),
  };
}
