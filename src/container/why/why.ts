/** `why`: gathers what is known of a container, and has it judged. */
import { bootId } from '../../host/boot-id.ts';
import { readHealth } from '../health/health-file.ts';
import { readAsked } from '../kept/asked.ts';
import type { KeptContainer } from '../kept/kept-container.ts';
import { readEnd, readRan, readRunning } from '../kept/monitor-files.ts';
import { readRestarting } from '../kept/restart-files.ts';
import { readStartFailure, type StartFailure } from '../kept/start-failure.ts';
import { findWithZombies } from '../processes/find-processes.ts';
import { readUsage } from '../usage/reading.ts';
import { type Finding, finding } from './finding.ts';
import { lastCounts, liveCounts } from './group-counts.ts';
import { oomKillInLog } from './kernel-log.ts';
import { type RestartFacts, startedAgain } from './started-again.ts';
import { endedForHealth, type HealthFacts, unhealthyNow } from './unhealthy.ts';
import { whyEnded } from './why-ended.ts';
import { whySlow } from './why-slow.ts';

export interface Why {
  /** Seconds that it ran, or has run; null: never, or not known. */
  readonly ran: number | null;
  /** What weighs most first. */
  readonly findings: readonly Finding[];
}

/**
 * @param size how bytes are written
 * @param now milliseconds since 1970
 */
export function whyOf(container: KeptContainer, size: (bytes: number) => string, now: number): Why {
  const { state, path } = container;
  const failed = failure(readStartFailure(path));
  switch (state.status) {
    case 'created':
      return { ran: null, findings: failed ?? [finding('cause', 'it has never been started', [], 'tsrun start')] };
    case 'running':
    case 'paused': {
      const { cgroup } = container.record;
      const { pid } = state.running.process;
      const usage = readUsage(cgroup, pid);
      const ran = (now - Date.parse(state.running.started)) / 1000;
      if (usage === null) return { ran, findings: [finding('cause', 'it ends this moment', [])] };
      const facts = {
        status: state.status,
        usage,
        group: liveCounts(cgroup),
        processes: findWithZombies(cgroup, pid),
        size,
      };
      const unhealthy = unhealthyNow(healthOf(container));
      const findings = [
        ...(unhealthy === null ? [] : [unhealthy]),
        ...whySlow(facts),
        ...restarts(container, 'running'),
      ];
      return { ran, findings };
    }
    case 'restarting':
    case 'exited': {
      const { end } = state;
      const run = readRunning(path) ?? readRan(path);
      const started = run?.started ?? null;
      const ended = whyEnded({
        end,
        unhealthy: endedForHealth(healthOf(container)),
        asked: readAsked(path).filter(({ time }) => started === null || Date.parse(time) >= Date.parse(started)),
        group: lastCounts(path, started),
        otherBoot: run !== null && run.boot !== bootId(),
        kernelLog: run === null || run.boot !== bootId() ? null : oomKillInLog(run.process.pid),
        size,
      });
      const findings = [...ended, ...restarts(container, state.status)];
      const ran = started === null ? null : (Date.parse(end.finished) - Date.parse(started)) / 1000;
      return { ran, findings: failed === null ? findings : [...failed, ...findings] };
    }
  }
}

const healthOf = ({ path, kept }: KeptContainer): HealthFacts => ({
  check: kept.health,
  health: kept.health === null ? null : readHealth(path),
});

const restarts = ({ path, kept }: KeptContainer, status: RestartFacts['status']): readonly Finding[] =>
  startedAgain({
    count: readRestarting(path)?.count ?? 0,
    policy: kept.request.restart,
    status,
    end: readEnd(path),
  });

function failure(failed: StartFailure | null): readonly Finding[] | null {
  if (failed === null) return null;
  const { time, message, why, hint } = failed;
  return [
    finding(
      'cause',
      `its last start failed: ${message}`,
      [{ source: 'failed', value: `${time} ${why ?? ''}`.trim() }],
      hint,
    ),
  ];
}
