/** What the monitor sets on the waiting child. */
import type { OciProcess } from '../oci/config.ts';
import type { PlanInput } from './build-plan.ts';
import { limitSteps } from './limits.ts';
import type { Demand, ParentStep } from './plan.ts';

export function parentSteps(input: PlanInput): readonly ParentStep[] {
  const { userns, config, demand } = input;
  return [
    ...(userns.type === 'new'
      ? [{ kind: 'id-map', uids: userns.uids, gids: userns.gids, writer: userns.writer } as const]
      : []),
    ...processSteps(config.process, demand),
  ];
}

/** Room for resource limits, and the OOM score. */
export function processSteps(process: OciProcess | undefined, demand: Demand): readonly ParentStep[] {
  const score = process?.oomScoreAdj;
  return [
    ...limitSteps(process, demand).map((limit) => ({ ...limit, kind: 'raise-rlimit' }) as const),
    // Zero is what a container has anyway, unless the launcher itself runs with another score that it may not lower.
    ...(score === undefined
      ? []
      : [{ kind: 'oom-score-adj', value: score, demand: score === 0 ? 'best-effort' : demand } as const]),
  ];
}
