/** Whether the overlay filesystem can be mounted, by mounting one: as root, and inside a user namespace. */
import { type Check, fail, ok, warn } from './check.ts';
import type { Machine } from './machine.ts';

/** Everything happens on a tmpfs in a private mount namespace, which goes with the shell. */
const script = (options: string): string =>
  `mount -t tmpfs none /tmp && mkdir /tmp/l /tmp/u /tmp/w /tmp/m && mount -t overlay -o lowerdir=/tmp/l,upperdir=/tmp/u,workdir=/tmp/w${options} overlay /tmp/m && : > /tmp/m/x`;

export function checkOverlay(machine: Machine): Check {
  const name = 'overlay';
  const unshare = machine.program('unshare');
  const listed = /^(nodev)?\s*overlay$/m.test(machine.read('/proc/filesystems') ?? '');
  const missing = unshare === null ? 'unshare(1)' : machine.program('mount') === null ? 'mount(8)' : null;
  if (unshare === null || missing !== null) {
    return listed
      ? ok(name, `known to the kernel (not tried out: ${missing} is missing)`)
      : fail(name, 'not known to the kernel', 'sudo modprobe overlay');
  }
  if (machine.uid === 0) {
    const trial = machine.attempt(unshare, ['--mount', 'sh', '-c', script('')]);
    if (trial.exitCode === 0) return ok(name, 'can be mounted');
    return fail(
      name,
      `cannot be mounted: ${trial.said}`,
      listed ? 'look for a filter: an outer container, seccomp' : 'sudo modprobe overlay',
    );
  }
  const trial = machine.attempt(unshare, ['--user', '--map-root-user', '--mount', 'sh', '-c', script(',userxattr')]);
  if (trial.exitCode === 0) return ok(name, 'can be mounted in a user namespace');
  return listed
    ? fail(name, `cannot be mounted in a user namespace: ${trial.said}`, 'make user namespaces work first (see above)')
    : warn(name, 'not known to the kernel', 'sudo modprobe overlay');
}
