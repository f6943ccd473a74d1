/** Changes the limits of a running container. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { OciResources } from '../oci/resources.ts';
import type { CgroupLimit } from './cgroup-limit.ts';
import type { ContainerCgroup } from './container-cgroup.ts';
import { cgroupLimits, withoutCounterpart } from './limits.ts';
import { mergeResources, touchedSections } from './merge-resources.ts';
import { limitProperties } from './systemd/limit-properties.ts';
import { writeLimits } from './write-limits.ts';

export interface ResourceUpdate {
  /** `linux.resources` as they are now, from the container's config.json. */
  readonly before: OciResources;
  /** What is asked for; fields that are absent stay. */
  readonly changes: OciResources;
}

export interface UpdatedResources {
  /** What config.json has to say from now on. */
  readonly resources: OciResources;
  /** What was asked for and is not in force, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Writes every limit of the sections that the changes name, and reads each back. All or nothing: when one is refused, the
 * others are put back. In a scope, systemd is told too, or it would write its own values at the next reload.
 *
 * @param pageSize bytes
 * @throws TsrunError USAGE when the limits contradict each other; LIMIT_UNAVAILABLE when the kernel refuses one;
 * STEP_FAILED when the container has no control group, or systemd refuses
 */
export async function updateLimits(
  group: ContainerCgroup | null,
  { before, changes }: ResourceUpdate,
  pageSize: number,
): Promise<UpdatedResources> {
  if (group === null) {
    throw new TsrunError('STEP_FAILED', 'cannot change the limits of the container', {
      why: 'it has no control group of its own',
      hint: 'tsrun doctor says why; start it again where it can have one',
    });
  }
  const resources = mergeResources(before, changes);
  const { limits, unsupported, ignored } = translate(touchedSections(before, resources, changes), pageSize);
  refuseTooLittle(group.path, changes);
  const written = writeLimits(group.path, limits);
  try {
    // systemd rounds a quota up to whole per cents, and has written that.
    if (await inScope(group, limits)) writeLimits(group.path, limits);
  } catch (cause) {
    written.undo();
    throw cause;
  }
  return { resources, notes: [...withoutCounterpart([...unsupported, ...ignored]), ...deviceNote(before, changes)] };
}

/**
 * Best effort: one after the other, and what this host has nothing for keeps none of the others from being in force.
 *
 * @param update with {@link updateLimits}; gives what it has to say
 * @returns what was asked for and is not in force, a sentence each
 */
export async function asFarAsPossible(
  changes: readonly OciResources[],
  update: (change: OciResources) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const notes: string[] = [];
  for (const change of changes) {
    try {
      notes.push(...(await update(change)));
    } catch (error) {
      if (!(error instanceof TsrunError) || !['LIMIT_UNAVAILABLE', 'STEP_FAILED'].includes(error.code)) throw error;
      notes.push(`${error.message}: ${error.why ?? 'the kernel refuses it'}`);
    }
  }
  return notes;
}

function translate(resources: OciResources, pageSize: number) {
  try {
    return cgroupLimits(resources, pageSize);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new TsrunError('USAGE', 'cannot change the limits of the container', { why: cause.message, cause });
  }
}

/** false: there is nothing to tell. */
async function inScope({ scope }: ContainerCgroup, limits: readonly CgroupLimit[]): Promise<boolean> {
  const properties = limitProperties(limits);
  if (scope === null || properties.length === 0) return false;
  // Loaded here: most containers are in no scope.
  const { setScopeProperties } = await import('./systemd/scope.ts');
  await setScopeProperties(scope, properties);
  return true;
}

/** memory.checkBeforeUpdate: the kernel would kill to get below the new limit. */
function refuseTooLittle(path: string, { memory }: OciResources): void {
  const limit = memory?.limit ?? 0;
  if (memory?.checkBeforeUpdate !== true || limit <= 0) return;
  const used = Number(readFileSync(join(path, 'memory.current'), 'latin1'));
  if (used <= limit) return;
  throw new TsrunError('LIMIT_UNAVAILABLE', `cannot set the limit memory.max to "${limit}"`, {
    why: `the container uses ${used} bytes now, and checkBeforeUpdate asks not to kill for it`,
    hint: `give at least ${used}`,
  });
}

function deviceNote(before: OciResources, { devices }: OciResources): readonly string[] {
  if (devices === undefined || JSON.stringify(devices) === JSON.stringify(before.devices)) return [];
  return ['device rules are those of the start: they cannot be changed while the container runs'];
}
