/** Checks of what an ordinary user needs: user namespaces and subordinate ids. */
import type { Privilege } from '../../plan/host-facts.ts';
import { type Check, fail, ok, warn } from './check.ts';
import type { Machine } from './machine.ts';

const name = 'user namespaces';

/** Sysctls first, since they explain a refusal; then one is made, since other things refuse too. */
export function checkUserNamespaces(machine: Machine): Check {
  const weight = machine.uid === 0 ? warn : fail;
  if (machine.read('/proc/sys/user/max_user_namespaces') === '0') {
    return weight(name, 'user.max_user_namespaces is 0', 'sudo sysctl -w user.max_user_namespaces=15000');
  }
  if (machine.uid !== 0 && machine.read('/proc/sys/kernel/unprivileged_userns_clone') === '0') {
    return weight(name, 'kernel.unprivileged_userns_clone is 0', 'sudo sysctl -w kernel.unprivileged_userns_clone=1');
  }
  const restricted = machine.read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1';
  const unshare = machine.program('unshare');
  if (unshare === null) return ok(name, 'nothing forbids them (not tried out: unshare(1) is missing)');
  const trial = machine.attempt(unshare, ['--user', '--map-root-user', '--mount', 'true']);
  if (trial.exitCode === 0) return ok(name, machine.uid === 0 ? 'can be made' : 'can be made by you');
  if (restricted && machine.uid !== 0) {
    return weight(
      name,
      'AppArmor takes the rights inside away (kernel.apparmor_restrict_unprivileged_userns is 1)',
      'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or a profile with "userns," for tsrun-init',
    );
  }
  return weight(
    name,
    `unshare --user failed: ${trial.said || 'it did not end'}`,
    'look for a filter: an outer container, seccomp, SELinux',
  );
}

/** subuid(5), newuidmap(1). */
export function checkSubordinateIds(machine: Machine, privilege: Privilege): Check {
  const subject = 'subordinate ids';
  if (privilege.type === 'root') return ok(subject, 'root needs none');
  const { user, subuids, subgids } = privilege;
  const single = 'only one id can be mapped: no other users inside';
  for (const [file, ranges] of [
    ['/etc/subuid', subuids],
    ['/etc/subgid', subgids],
  ] as const) {
    if (ranges.length === 0) {
      return warn(
        subject,
        `${file} has no range for ${user}: ${single}`,
        `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user}`,
      );
    }
  }
  for (const program of ['newuidmap', 'newgidmap']) {
    const path = machine.program(program);
    if (path === null) return warn(subject, `${program} is missing: ${single}`, 'sudo apt-get install uidmap');
    const mode = machine.mode(path);
    const isSetuid = mode !== null && mode.uid === 0 && (mode.bits & 0o4000) !== 0;
    const getcap = machine.program('getcap');
    const hasCapability = getcap !== null && machine.attempt(getcap, [path]).exitCode === 0 && !isSetuid;
    if (!isSetuid && !hasCapability) {
      return warn(
        subject,
        `${path} is neither setuid root nor has a file capability: ${single}`,
        `sudo chmod u+s ${path}`,
      );
    }
  }
  const count = subuids.reduce((sum, { size }) => sum + size, 0);
  return ok(subject, `${count} for ${user}, through newuidmap`);
}
