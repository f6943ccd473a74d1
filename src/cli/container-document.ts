/** A container as docker's `inspect` shows it: the same keys, as far as there is an answer, and the control group. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { HealthCheck } from '../container/health/health-check.ts';
import { readHealth } from '../container/health/health-file.ts';
import type { ContainerSize } from '../container/kept/container-size.ts';
import type { KeptContainer } from '../container/kept/kept-container.ts';
import { stopSignalName } from '../container/kept/kept-record.ts';
import { exitCodeOfEnd, readRan } from '../container/kept/monitor-files.ts';
import { lowerDirectories, readPlan, type StoredPlan } from '../container/kept/plan-file.ts';
import { readConfig } from '../container/kept/read-config.ts';
import { readRestartError, readRestarting } from '../container/kept/restart-files.ts';
import { readStartFailure } from '../container/kept/start-failure.ts';
import type { MountRequest } from '../container/request/run-request.ts';
import { hostConfigDocument } from './host-config-document.ts';
import { mountDocuments } from './mount-documents.ts';
import { networkSettings } from './network-settings.ts';

/** docker's word for a moment that has not come. */
const never = '0001-01-01T00:00:00Z';

/** @param size null: nobody asked how large it is */
export function containerDocument(
  container: KeptContainer,
  size: ContainerSize | null,
): Readonly<Record<string, unknown>> {
  const { id, name, kept, record, path } = container;
  const { request } = kept;
  const [program = '', ...args] = kept.command;
  const plan = readPlan(path);
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
    LogPath: request.log.driver === 'none' ? '' : join(path, 'log'),
    Name: `/${name}`,
    Driver: 'overlay',
    Platform: 'linux',
    AppArmorProfile: '',
    HostConfig: hostConfigDocument(kept, config),
    GraphDriver: graphDriverDocument(container, plan),
    ...sizeDocument(size),
    Mounts: mountDocuments(request.mounts),
    Config: {
      Hostname: config?.hostname ?? request.hostname ?? id.slice(0, 12),
      Domainname: request.domainname ?? '',
      User: kept.user,
      AttachStdin: request.stdin === 'inherit' && !request.detach,
      AttachStdout: !request.detach,
      AttachStderr: !request.detach,
      Tty: request.terminal,
      OpenStdin: request.stdin === 'inherit',
      StdinOnce: request.stdin === 'inherit' && !request.detach,
      Env: config?.process?.env ?? request.env,
      Entrypoint: wordsOrNull(kept.entrypoint),
      Cmd: wordsOrNull(kept.command.slice(kept.entrypoint.length)),
      ...(kept.health === null ? {} : { Healthcheck: healthcheckDocument(kept.health) }),
      Volumes: volumePlaces(request.mounts),
      Image: kept.image.name,
      WorkingDir: config?.process?.cwd ?? request.workingDirectory ?? '/',
      Labels: request.labels,
      StopSignal: stopSignalName(kept),
      StopTimeout: request.stopTimeout,
    },
    NetworkSettings: networkSettings(container),
    CgroupPath: record.cgroup,
    // The steps of the kernel's that made it, as --dry-run shows them.
    Plan: plan,
  };
}

const sizeDocument = (size: ContainerSize | null): Readonly<Record<string, number>> =>
  size === null ? {} : { SizeRw: size.written, SizeRootFs: size.all };

/** Go's nil. */
const wordsOrNull = (words: readonly string[]): readonly string[] | null => (words.length === 0 ? null : words);

/** Where its files are. They are put together in its own mount namespace alone: from outside, by way of its PID 1, while that lives. */
function graphDriverDocument(
  { path, state }: KeptContainer,
  plan: StoredPlan | null,
): Readonly<Record<string, unknown>> {
  const live = state.status === 'running' || state.status === 'paused' ? state.running : null;
  return {
    Name: 'overlay',
    Data: {
      // As docker, and mount(8): the uppermost first.
      LowerDir: lowerDirectories(plan).join(':'),
      UpperDir: join(path, 'upper'),
      WorkDir: join(path, 'work'),
      ...(live === null ? {} : { MergedDir: `/proc/${live.process.pid}/root` }),
    },
  };
}

/** Go's set. */
const volumePlaces = (mounts: readonly MountRequest[]): Readonly<Record<string, object>> | null => {
  const places = mounts.flatMap((mount) => (mount.type === 'chosen-volume' ? [[mount.target, {}] as const] : []));
  return places.length === 0 ? null : Object.fromEntries(places);
};

/** docker's durations are nanoseconds. */
const healthcheckDocument = (check: HealthCheck): Readonly<Record<string, unknown>> => ({
  Test: ['CMD', ...check.command],
  Interval: check.interval * 1e6,
  Timeout: check.timeout * 1e6,
  StartPeriod: check.startPeriod * 1e6,
  StartInterval: check.startInterval * 1e6,
  Retries: check.retries,
});

function stateDocument({ state, path, kept }: KeptContainer): Readonly<Record<string, unknown>> {
  const live = state.status === 'running' || state.status === 'paused' ? state.running : null;
  const end = state.status === 'exited' || state.status === 'restarting' ? state.end : null;
  return {
    Status: state.status,
    // As docker: one that waits for its next start counts.
    Running: live !== null || state.status === 'restarting',
    Paused: state.status === 'paused',
    Restarting: state.status === 'restarting',
    Dead: false,
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
