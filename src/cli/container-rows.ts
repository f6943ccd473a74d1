/** Containers as rows: docker's columns and docker's field names. */
import type { Health } from '../container/health/health-file.ts';
import type { ContainerSize } from '../container/kept/container-size.ts';
import type { KeptContainer } from '../container/kept/kept-container.ts';
import { exitCodeOfEnd } from '../container/kept/monitor-files.ts';
import type { MountRequest } from '../container/request/run-request.ts';
import { localMoment } from '../host/local-time.ts';
import { humanAge, humanSize } from './human.ts';
import { networkNames, portsText, publishedPorts } from './published-ports.ts';

/** The keys are docker's, for `--format`. */
export interface ContainerRow extends Readonly<Record<string, unknown>> {
  readonly ID: string;
  readonly Image: string;
  readonly Command: string;
  readonly CreatedAt: string;
  readonly RunningFor: string;
  readonly Ports: string;
  readonly State: string;
  readonly Status: string;
  readonly Names: string;
  readonly Labels: string;
  /** Names of volumes and sources of binds. */
  readonly Mounts: string;
  readonly LocalVolumes: string;
  readonly Networks: string;
  /** `5B (virtual 4.2MB)`; N/A: nobody asked, and measuring takes a while. */
  readonly Size: string;
  /** docker's `{{.Label "name"}}`; no JSON has it. */
  readonly Label: (name: unknown) => string;
}

/**
 * @param now milliseconds since 1970
 * @param width `short`: ids of twelve digits, commands of twenty characters
 */
export function containerRow(
  container: KeptContainer,
  now: number,
  width: 'short' | 'full',
  size: ContainerSize | null = null,
): ContainerRow {
  const { id, name, kept, record, state } = container;
  return {
    ID: width === 'full' ? id : id.slice(0, 12),
    Image: kept.image.name,
    ...rowTexts({ command: kept.command.join(' '), created: kept.created }, now, width),
    // For a table that does not show it the time zone is not loaded.
    get CreatedAt() {
      return localMoment(Date.parse(kept.created));
    },
    Ports: portsText(publishedPorts(container)),
    State: state.status,
    Status: statusText(container, now),
    Names: name,
    // Of the request, which is not read for a table that does not show them.
    get Labels() {
      return Object.entries(kept.request.labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(',');
    },
    get Mounts() {
      return mountNames(kept.request.mounts, width);
    },
    LocalVolumes: `${record.volumes.length}`,
    get Networks() {
      return networkNames(kept.request).join(',');
    },
    Size: size === null ? 'N/A' : `${humanSize(size.written)} (virtual ${humanSize(size.all)})`,
    Label: (label) => kept.request.labels[String(label)] ?? '',
  };
}

/** docker shows what fits into fifteen characters. */
function mountNames(mounts: readonly MountRequest[], width: 'short' | 'full'): string {
  const names = mounts.flatMap((mount) =>
    mount.type === 'chosen-volume' ? [mount.name] : mount.type === 'bind' ? [mount.source] : [],
  );
  return names.map((name) => (width === 'short' && name.length > 15 ? `${name.slice(0, 14)}…` : name)).join(',');
}

/** The columns of what is known of every container. */
export const rowTexts = (
  { command, created }: { readonly command: string; readonly created: string },
  now: number,
  width: 'short' | 'full',
) => ({
  Command: `"${width === 'short' && command.length > 20 ? `${command.slice(0, 19)}…` : command}"`,
  RunningFor: age(created, now),
});

/** docker's sentence: `Up 3 minutes`, `Exited (0) 2 hours ago`, `Created`. */
export function statusText({ state, health }: Pick<KeptContainer, 'state' | 'health'>, now: number): string {
  switch (state.status) {
    case 'created':
      return 'Created';
    case 'running':
      return `${upFor(state.running.started, now)}${healthText(health)}`;
    case 'paused':
      return `${upFor(state.running.started, now)} (Paused)`;
    case 'restarting':
      return `Restarting (${exitCodeOfEnd(state.end)}) ${age(state.end.finished, now)}`;
    case 'exited':
      return state.end.type === 'lost'
        ? `Monitor lost ${age(state.end.finished, now)}`
        : `Exited (${state.end.exitCode}) ${age(state.end.finished, now)}`;
  }
}

const healthText = (health: Health | null): string =>
  health === null ? '' : ` (${health.status === 'starting' ? 'health: starting' : health.status})`;

const age = (time: string, now: number): string => humanAge((now - Date.parse(time)) / 1000);
const upFor = (started: string, now: number): string => `Up ${age(started, now).replace(/ ago$/, '')}`;
