/** What the monitor sets on the waiting child. */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { OciProcess } from '../oci/config.ts';
import { rlimitFromJson, rlimitNumber } from '../oci/rlimits.ts';
import type { PlanInput } from './build-plan.ts';
import type { Demand, ParentStep } from './plan.ts';

export function parentSteps(input: PlanInput): readonly ParentStep[] {
  const { userns, config, demand } = input;
  return [
    ...(userns.type === 'new'
      ? [{ kind: 'id-map', uids: userns.uids, gids: userns.gids, writer: userns.writer } as const]
      : []),
    ...limitSteps(config.process, demand),
  ];
}

/** Resource limits and the OOM score. */
export function limitSteps(process: OciProcess | undefined, demand: Demand): readonly ParentStep[] {
  const steps: ParentStep[] = [];
  for (const limit of process?.rlimits ?? []) {
    const resource = rlimitNumber(limit.type);
    if (resource === null) {
      throw new TsrunError('USAGE', `unknown resource limit "${limit.type}"`, {
        why: 'see getrlimit(2) for the names',
      });
    }
    steps.push({
      kind: 'rlimit',
      resource,
      soft: rlimitFromJson(limit.soft),
      hard: rlimitFromJson(limit.hard),
      demand,
    });
  }
  const score = process?.oomScoreAdj;
  // Zero is what a container has anyway, unless the launcher itself runs with another score that it may not lower.
  if (score !== undefined) {
    steps.push({ kind: 'oom-score-adj', value: score, demand: score === 0 ? 'best-effort' : demand });
  }
  return steps;
}
