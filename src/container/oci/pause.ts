/** Freezing a container and letting it go on, by its control group. */
import { freezeCgroup, thawCgroup } from '../../cgroup/freeze.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { lockContainer, type OciContainer, openContainer } from '../state/oci-directory.ts';

/** @throws TsrunError when it does not run, or has no control group of its own */
export async function pauseContainer(root: string, id: string): Promise<void> {
  const group = await changeable(openContainer(root, id), 'pause', ['created', 'running']);
  await freezeCgroup(group);
}

/** @throws TsrunError when it is not paused */
export async function resumeContainer(root: string, id: string): Promise<void> {
  const group = await changeable(openContainer(root, id), 'resume', ['paused']);
  await thawCgroup(group);
}

/** The lock is held until this process ends. */
async function changeable(
  container: OciContainer,
  verb: 'pause' | 'resume',
  allowed: readonly OciContainer['status'][],
): Promise<string> {
  await lockContainer(container);
  if (!allowed.includes(container.status)) {
    throw new TsrunError('USAGE', `cannot ${verb} container "${container.id}"`, {
      why: container.status === 'stopped' ? 'container not running' : `it is ${container.status}`,
    });
  }
  const { cgroup } = container.state;
  if (cgroup !== null) return cgroup;
  throw new TsrunError('HOST_UNSUPPORTED', `cannot ${verb} container "${container.id}"`, {
    why: 'it has no control group of its own, and only a group can be frozen',
    hint: 'an ordinary user gets one from systemd: log in through it, or run as root',
  });
}
