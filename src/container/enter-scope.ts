/** Answers a monitor that waits for systemd to put it into a scope. */
import type { RunningMonitor } from '../native/launch.ts';
import type { Plan } from '../plan/plan.ts';

/**
 * Speaks to systemd and tells the monitor to go on; the launcher of every kind calls this for the message `scope`.
 *
 * @param index of the step in the plan
 * @throws TsrunError STEP_FAILED with systemd's words; the monitor still waits then, and has to be hung up on
 */
export async function enterScope(plan: Plan, index: number, monitor: RunningMonitor): Promise<void> {
  const step = plan.steps[index];
  if (step?.kind !== 'cgroup-scope') throw new Error(`the monitor asks for a scope at step ${index}, a ${step?.kind}`);
  // Loaded here: most containers need no D-Bus.
  const { startScope } = await import('../cgroup/systemd/scope.ts');
  await startScope(step, monitor.pid);
  monitor.send({ type: 'acknowledge' });
}
