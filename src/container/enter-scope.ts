/** Answers a monitor that waits for systemd to move it, or its child. */
import type { RunningMonitor } from '../native/launch.ts';
import type { MonitorMessage } from '../native/messages.ts';
import type { Plan } from '../plan/plan.ts';

/**
 * Speaks to systemd and tells the monitor to go on; the launcher of every kind calls this for the message `scope`.
 *
 * @throws TsrunError STEP_FAILED with systemd's words; the monitor still waits then, and has to be hung up on
 */
export async function enterScope(
  plan: Plan,
  message: Extract<MonitorMessage, { type: 'scope' }>,
  monitor: RunningMonitor,
): Promise<void> {
  const step = plan.steps[message.step];
  // Loaded here: most containers need no D-Bus.
  const { attachToScope, startScope } = await import('../cgroup/systemd/scope.ts');
  if (step?.kind === 'cgroup-scope') await startScope(step, monitor.pid);
  else if (step?.kind === 'cgroup-attach') await attachToScope(step, message.child);
  else throw new Error(`the monitor asks for a scope at step ${message.step}, a ${step?.kind}`);
  monitor.send({ type: 'acknowledge' });
}
