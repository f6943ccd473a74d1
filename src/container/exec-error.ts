/** Why the last steps failed, read from the container itself while init keeps its mounts standing. */
import { errnoName } from '../errors/errno.ts';
import type { TsrunError } from '../errors/tsrun-error.ts';
import type { StepFailure } from '../native/messages.ts';
import { defaultPath } from '../oci/defaults.ts';
import type { Exec, FindCommand, Plan, Step, WorkingDirectory } from '../plan/plan.ts';
import type { Executor } from './exec-error/executor.ts';
import { explainDirectory } from './exec-error/explain-directory.ts';
import { explainExec } from './exec-error/explain-exec.ts';
import type { Scene } from './exec-error/fault.ts';
import { openRootFiles } from './exec-error/open-root-files.ts';
import { answerLookup } from './user/answer-lookup.ts';

/** Init says this when a failure is about no candidate in particular. */
const noItem = 0xffff_ffff;

/**
 * The error for an entrypoint that did not start or is not there, or a working directory that could not be entered.
 *
 * @param root descriptor of the container's root
 */
export function execError(
  plan: Plan,
  step: Exec | FindCommand | WorkingDirectory,
  failure: StepFailure,
  root: number,
): TsrunError {
  const scene = sceneOf(plan, root);
  const errno = errnoName(failure.errno);
  if (step.kind === 'working-directory') return explainDirectory(step.path, errno, scene);
  if (failure.operation === 'chdir' && step.kind === 'find-command')
    return explainDirectory(step.directory, errno, scene);
  const { argv, env, candidates } = step.kind === 'exec' ? step : commandOf(plan);
  const candidate = failure.item === noItem ? null : failure.item;
  return explainExec({ argv, env, candidates, errno, candidate }, scene);
}

function commandOf(plan: Plan): Exec {
  const exec = find(plan, 'exec');
  if (exec === null) throw new Error('a plan looks for a command and executes none');
  return exec;
}

function sceneOf(plan: Plan, root: number): Scene {
  const maps = find(plan, 'id-map');
  const env = find(plan, 'exec')?.env ?? [];
  return {
    files: openRootFiles(root, maps),
    who: executorOf(plan, root),
    machine: process.arch === 'arm64' ? 'arm64' : 'x64',
    cwd: find(plan, 'working-directory')?.path ?? '/',
    path: env.findLast((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) ?? defaultPath,
  };
}

const everything = (1n << 64n) - 1n;

function executorOf(plan: Plan, root: number): Executor {
  const capabilities = {
    effective: find(plan, 'capabilities')?.effective ?? everything,
    bounding: find(plan, 'bounding-set')?.keep ?? everything,
  };
  const identity = find(plan, 'user')?.identity;
  if (identity === undefined) return { uid: 0, gid: 0, groups: [], ...capabilities };
  if (identity.type === 'ids') return { ...pick(identity), ...capabilities };
  // Asked once more: the same files give the same answer.
  const answer = answerLookup(
    plan,
    plan.steps.findIndex(({ kind }) => kind === 'lookup'),
    root,
  );
  if (answer.type !== 'answer') throw new Error('a lookup was answered by something else');
  return { ...pick(answer), ...capabilities };
}

const pick = ({
  uid,
  gid,
  groups,
}: Pick<Executor, 'uid' | 'gid' | 'groups'>): Pick<Executor, 'uid' | 'gid' | 'groups'> => ({
  uid,
  gid,
  groups,
});

/** The plan's only step of a kind; null: it has none. */
function find<K extends Step['kind']>(plan: Plan, kind: K): Extract<Step, { kind: K }> | null {
  return (plan.steps.find((step) => step.kind === kind) as Extract<Step, { kind: K }> | undefined) ?? null;
}
