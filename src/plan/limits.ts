/** What the command may use: the limits of getrlimit(2). */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { OciProcess } from '../oci/config.ts';
import { rlimitFromJson, rlimitNumber } from '../oci/rlimits.ts';
import type { Demand, Rlimit } from './plan.ts';

/** @throws TsrunError USAGE for a name that getrlimit(2) does not have */
export function limitSteps(process: OciProcess | undefined, demand: Demand): readonly Rlimit[] {
  return (process?.rlimits ?? []).map(({ type, soft, hard }) => {
    const resource = rlimitNumber(type);
    if (resource === null) {
      throw new TsrunError('USAGE', `unknown resource limit "${type}"`, { why: 'see getrlimit(2) for the names' });
    }
    return { kind: 'rlimit', resource, soft: rlimitFromJson(soft), hard: rlimitFromJson(hard), demand };
  });
}
