/** What the monitor needs to look how a container is: when, and a plan that it can carry out without us. */
import type { Paths } from '../../host/paths.ts';
import { patienceOf } from '../../process/patience.ts';
import type { KeptRecord } from '../kept/kept-record.ts';
import type { LaunchHealth } from '../launch.ts';
import type { Prepared } from '../prepare.ts';
import type { HealthCheck } from './health-check.ts';

/** The plan is made when it is known who the user is: when init has asked for it. */
export function launchHealth(
  path: string,
  { plan, config, cgroup }: Prepared,
  kept: KeptRecord,
  { command, ...times }: HealthCheck,
  paths: Paths,
): LaunchHealth {
  return {
    ...times,
    stopSignal: kept.stopSignal,
    // The longest that the monitor counts, 46 days, stands for ever.
    stopTimeout: Math.min(patienceOf(kept.request.stopTimeout), 4_000_000_000),
    // Loaded here: most containers have none.
    prepare: async (user) => {
      const { writeHealthPlan } = await import('./health-plan.ts');
      writeHealthPlan(command, { path, plan, config, cgroup, paths }, user);
    },
  };
}
