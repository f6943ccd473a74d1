/** What the check of a container's health said, where it is to blame: pure. */
import type { HealthCheck } from '../health/health-check.ts';
import type { Health } from '../health/health-file.ts';
import { type Finding, finding } from './finding.ts';
import { times } from './limits-met.ts';

export interface HealthFacts {
  /** null: nobody looks. */
  readonly check: HealthCheck | null;
  /** As it was last; null: not known. */
  readonly health: Health | null;
}

const longestOutput = 200;

/** Of one that runs; null: it is well. */
export function unhealthyNow(facts: HealthFacts): Finding | null {
  const failed = failedChecks(facts);
  if (failed === null) return null;
  return finding('cause', `it is unhealthy: its check failed ${failed.count} in a row`, failed.evidence);
}

/** Of one that nobody told to end; null: its health was not the reason. */
export function endedForHealth(facts: HealthFacts): Finding | null {
  const failed = failedChecks(facts);
  const onFailure = facts.check?.onFailure ?? 'none';
  if (failed === null || onFailure === 'none') return null;
  return finding(
    'cause',
    `it was unhealthy, and its monitor ended it: its check failed ${failed.count} in a row`,
    [...failed.evidence, { source: '--health-on-failure', value: onFailure }],
    'see what the check says, or give it more tries: --health-retries, --health-timeout',
  );
}

function failedChecks({ check, health }: HealthFacts): { count: string; evidence: Finding['evidence'] } | null {
  if (check === null || health === null || health.status !== 'unhealthy') return null;
  const last = health.log.at(-1);
  const said = last?.output.trim() ?? '';
  const status = last?.exitCode === -1 ? 'not started, or too slow' : `status ${last?.exitCode}`;
  return {
    count: times(health.streak),
    evidence: [
      { source: 'health: status', value: `${health.status}, streak ${health.streak}` },
      ...(last === undefined
        ? []
        : [{ source: `health: probe ${last.end}`, value: `${status}${said === '' ? '' : `: ${cut(said)}`}` }]),
    ],
  };
}

const cut = (text: string): string => (text.length > longestOutput ? `${text.slice(0, longestOutput - 1)}…` : text);
