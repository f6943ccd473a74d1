/** The plan of `exec` for a check of health, with everything in it that only we can find out. */
import { join } from 'node:path';
import type { Paths } from '../../host/paths.ts';
import { givenStreams } from '../../native/launch-header.ts';
import { encodePlan } from '../../native/plan-codec.ts';
import type { OciConfig } from '../../oci/config.ts';
import { buildExecPlan } from '../../plan/build-exec-plan.ts';
import type { NamespaceKind, Plan } from '../../plan/plan.ts';
import { compileSeccomp } from '../config/compile-seccomp.ts';
import { processOf } from '../kept/exec-kept.ts';
import type { UserAnswer } from '../launch.ts';
import { writeWhole } from '../state/oci-directory.ts';
import { writeFirstHealth } from './health-file.ts';

export interface CheckedContainer {
  /** Its directory. */
  readonly path: string;
  /** Its own plan, which says what its namespaces are. */
  readonly plan: Plan;
  readonly config: OciConfig;
  readonly cgroup: string | null;
  readonly paths: Paths;
}

/** Writes the file `health-plan`, for the monitor, and the first `health`. */
export function writeHealthPlan(command: readonly string[], container: CheckedContainer, user: UserAnswer): void {
  const bytes = encodePlan(checkPlan(command, container, user), {
    reportProgress: false,
    lifetime: 'launcher',
    streams: givenStreams,
    killCgroup: '',
    record: null,
    events: null,
    health: null,
  });
  writeWhole(join(container.path, 'health-plan'), bytes, 0o600);
  writeFirstHealth(container.path);
}

function checkPlan(
  command: readonly string[],
  { plan, config, cgroup, paths }: CheckedContainer,
  user: UserAnswer,
): Plan {
  const process = processOf(
    config,
    {
      command,
      env: config.process?.env?.some((entry) => entry.startsWith('HOME=')) ? [] : [`HOME=${user.home}`],
      workingDirectory: null,
      terminal: false,
      privileged: false,
      capAdd: [],
    },
    [],
  );
  const seccomp = config.linux?.seccomp;
  return buildExecPlan({
    process: { ...process, user: { ...process.user, uid: user.uid, gid: user.gid, additionalGids: user.groups } },
    join: { namespaces: namespacesOf(plan), file: 0, setGroups: allowsSetGroups(plan) },
    cgroup: cgroup === null ? { type: 'none' } : { type: 'clone', path: cgroup },
    seccomp: seccomp === undefined ? null : compileSeccomp(seccomp, join(paths.store, 'cache', 'seccomp')),
    user: { type: 'config' },
    demand: 'best-effort',
    keyring: 'new',
    console: { to: 'launcher' },
    preserved: [],
  });
}

const namespacesOf = ({ steps }: Plan): readonly NamespaceKind[] =>
  steps.flatMap((step) => (step.kind === 'clone' ? step.namespaces : []));

const allowsSetGroups = ({ steps }: Plan): boolean =>
  !steps.some((step) => step.kind === 'id-map' && step.writer === 'single');
