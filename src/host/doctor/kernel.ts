/** Checks of the kernel: version, namespaces, seccomp, devices. */
import { type Check, fail, ok, warn } from './check.ts';
import type { Machine } from './machine.ts';

/** openat2, clone3 into a control group, mount_setattr and idmapped mounts are all there from 5.12 to 5.15 on. */
const oldest = { major: 5, minor: 15 };

export function checkKernel({ kernel }: Machine): Check {
  const [major = 0, minor = 0] = kernel.split('.').map(Number.parseFloat);
  const enough = major > oldest.major || (major === oldest.major && minor >= oldest.minor);
  const wanted = `${oldest.major}.${oldest.minor}`;
  if (!enough)
    return fail(
      'kernel',
      `Linux ${kernel} is older than ${wanted}`,
      'boot a newer kernel; Debian 12 and Ubuntu 22.04 have one',
    );
  const note =
    major < 6 || (major === 6 && minor < 5) ? '; overlay layers are passed by short names (lowerdir+ needs 6.5)' : '';
  return ok('kernel', `Linux ${kernel}${note}`);
}

const namespaces = ['mnt', 'pid', 'net', 'uts', 'ipc', 'cgroup', 'user', 'time'];

export function checkNamespaces(machine: Machine): Check {
  const missing = namespaces.filter((name) => !machine.exists(`/proc/self/ns/${name}`));
  if (missing.length === 0) return ok('namespaces', namespaces.join(' '));
  return fail('namespaces', `the kernel has no ${missing.join(', ')}`, 'boot a kernel with these namespaces built in');
}

export function checkSeccomp(machine: Machine): Check {
  const actions = machine.read('/proc/sys/kernel/seccomp/actions_avail');
  if (actions === null)
    return fail('seccomp', 'the kernel has no seccomp filters', 'boot a kernel with CONFIG_SECCOMP_FILTER');
  const inside = /^Seccomp:\s*2$/m.test(machine.read('/proc/self/status') ?? '');
  return ok('seccomp', inside ? 'there, below a filter that holds for tsrun too' : 'there');
}

/** CAP_SYS_RESOURCE raises hard limits and lowers the OOM score; containers inside containers often lack it. */
export function checkResourceCapability(machine: Machine): Check {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(machine.read('/proc/self/status') ?? '')?.[1] ?? '0'}`);
  if ((effective & (1n << 24n)) !== 0n) return ok('CAP_SYS_RESOURCE', 'there');
  const what = '--ulimit above the present hard limit and a lower --oom-score-adj will be refused';
  return machine.uid === 0
    ? warn(
        'CAP_SYS_RESOURCE',
        `root here has no CAP_SYS_RESOURCE: ${what}`,
        'give this machine or outer container the capability',
      )
    : ok('CAP_SYS_RESOURCE', `not for ordinary users: ${what}`);
}
