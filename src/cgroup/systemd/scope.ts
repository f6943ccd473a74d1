/** Scopes of containers: started around a process, changed. systemd removes one by itself when it is empty. */
import { readFileSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { CgroupAttach, CgroupScope, ScopeProperty } from '../../plan/plan.ts';
import type { ScopeUnit } from '../container-cgroup.ts';
import { busSocket } from './bus.ts';
import { ServiceManager } from './service-manager.ts';

/**
 * Carries out a {@link CgroupScope} for a process that waits: a scope with Delegate=yes, and the process in it.
 *
 * @param pid the monitor
 * @throws TsrunError STEP_FAILED with systemd's words
 */
export async function startScope(step: CgroupScope, pid: number): Promise<void> {
  const { unit, slice, properties, path } = step;
  const all: readonly ScopeProperty[] = [
    { name: 'Slice', signature: 's', value: slice },
    { name: 'PIDs', signature: 'au', value: [pid] },
    // In the group and below it systemd changes nothing from now on.
    { name: 'Delegate', signature: 'b', value: true },
    ...properties,
  ];
  await withManager(step, `cannot have systemd start "${unit}"`, (manager) => manager.start(unit, all));
  const now = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'latin1'))?.[1] ?? '';
  if (!path.endsWith(now) || now === '') {
    throw new TsrunError('STEP_FAILED', `cannot use the scope "${unit}"`, {
      why: `systemd made it at ${now}, not at ${path}`,
      hint: 'systemctl show says where its slice lies; name another slice',
    });
  }
}

/**
 * Carries out a {@link CgroupAttach} for a process that waits.
 *
 * @param pid of the process that is to be moved
 * @throws TsrunError STEP_FAILED with systemd's words
 */
export async function attachToScope(step: CgroupAttach, pid: number): Promise<void> {
  const what = `cannot have systemd move the command into "${step.unit}"`;
  await withManager(step, what, (manager) => manager.attach(step.unit, step.below, [pid]));
}

/**
 * Changes properties of a running scope, for as long as it runs.
 *
 * @throws TsrunError STEP_FAILED with systemd's words
 */
export function setScopeProperties(scope: ScopeUnit, properties: readonly ScopeProperty[]): Promise<void> {
  return withManager(scope, `cannot change the limits of "${scope.unit}"`, (manager) =>
    manager.setProperties(scope.unit, properties),
  );
}

async function withManager(
  scope: ScopeUnit,
  what: string,
  work: (manager: ServiceManager) => Promise<void>,
): Promise<void> {
  let manager: ServiceManager | null = null;
  try {
    manager = await ServiceManager.connect(busSocket(scope.bus, process.env));
    await work(manager);
  } catch (cause) {
    throw refusal(scope, what, cause);
  } finally {
    manager?.close();
  }
}

function refusal({ bus }: Pick<ScopeUnit, 'bus'>, what: string, cause: unknown): TsrunError {
  const words = cause instanceof Error ? cause.message : String(cause);
  return new TsrunError('STEP_FAILED', what, {
    why: `systemd says: ${words}`,
    hint: bus === 'user' ? 'see "systemctl --user status"' : 'see "systemctl status"',
    cause,
  });
}
