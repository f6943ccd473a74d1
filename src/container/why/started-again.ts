/** How often a container was started again by its policy: pure. */
import type { KeptEnd } from '../kept/monitor-files.ts';
import type { RestartPolicy } from '../request/restart.ts';
import { type Finding, finding } from './finding.ts';
import { times } from './limits-met.ts';

export interface RestartFacts {
  /** Since a person last started it. */
  readonly count: number;
  readonly policy: RestartPolicy;
  readonly status: 'running' | 'restarting' | 'exited';
  /** How it ended last; null: not known. */
  readonly end: KeptEnd | null;
}

/** Empty: never. */
export function startedAgain({ count, policy, status, end }: RestartFacts): readonly Finding[] {
  if (count === 0) return [];
  const maximum = policy.name === 'on-failure' ? policy.maximum : 0;
  const words = maximum === 0 ? policy.name : `${policy.name}:${maximum}`;
  const evidence = [
    { source: 'restarting: count', value: `${count}` },
    { source: 'restart: policy', value: words },
    ...(end === null || status !== 'running' ? [] : [{ source: 'exit', value: `before: ${endWords(end)}` }]),
  ];
  // What waits has been counted already.
  if (status === 'restarting') {
    return [
      finding('near', `it is about to be started again: ${times(count)} by now`, evidence, 'tsrun stop ends that'),
    ];
  }
  if (status === 'exited' && maximum > 0 && count >= maximum) {
    return [
      finding(
        'near',
        `it was started again ${times(count)}, and its policy gave up`,
        evidence,
        'tsrun start counts anew',
      ),
    ];
  }
  return [finding('near', `it was started again ${times(count)}`, evidence)];
}

const endWords = (end: KeptEnd): string =>
  end.type === 'lost' ? 'nobody saw it' : (end.signal ?? `status ${end.exitCode}`);
