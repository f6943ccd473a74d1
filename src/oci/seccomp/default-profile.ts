/**
 * The default seccomp profile: docker's decisions, as our own data.
 *
 * Whatever is not named fails with EPERM; what is newer than the profile fails with ENOSYS (see enosys-stub.ts), so that
 * a C library falls back to what it knows.
 */
import type { CapabilityName } from '../capabilities.ts';
import { ENOSYS, EPERM } from './errno.ts';
import { always, type ProfileCondition, type ProfileRule, type SeccompProfile } from './profile.ts';
import type { OciSeccompArg } from './seccomp.ts';
import { commonSyscalls } from './syscall-groups.ts';

interface Conditions {
  readonly includes?: Partial<ProfileCondition>;
  readonly excludes?: Partial<ProfileCondition>;
}

function allow(
  names: readonly string[],
  conditions: Conditions = {},
  args: readonly OciSeccompArg[] = [],
): ProfileRule {
  return {
    names,
    action: 'SCMP_ACT_ALLOW',
    errnoRet: null,
    args,
    includes: { ...always, ...conditions.includes },
    excludes: { ...always, ...conditions.excludes },
  };
}

const withCapability = (capability: CapabilityName, ...names: readonly string[]): ProfileRule =>
  allow(names, { includes: { caps: [capability] } });

const onArch = (arches: readonly string[], ...names: readonly string[]): ProfileRule =>
  allow(names, { includes: { arches } });

const equal = (index: number, value: number): OciSeccompArg => ({ index, value, op: 'SCMP_CMP_EQ' });

/** Clone flags of namespaces that were there when the profile's rule was made; a filter cannot look into clone3's struct. */
const namespaceFlags =
  0x0002_0000 | // CLONE_NEWNS
  0x0200_0000 | // CLONE_NEWCGROUP
  0x0400_0000 | // CLONE_NEWUTS
  0x0800_0000 | // CLONE_NEWIPC
  0x1000_0000 | // CLONE_NEWUSER
  0x2000_0000 | // CLONE_NEWPID
  0x4000_0000; // CLONE_NEWNET

const noNamespaces = (index: number): OciSeccompArg => ({
  index,
  value: namespaceFlags,
  valueTwo: 0,
  op: 'SCMP_CMP_MASKED_EQ',
});

/** PER_LINUX and PER_LINUX32, each with and without UNAME26, and the question "which one?": personality(2). */
const personalities = [0x0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff];

// Not AF_ALG (38): the kernel's crypto code, rarely needed and often broken. Not AF_VSOCK (40): reaches the hypervisor
// whatever the network namespace. Said as what is allowed, because a filter compares 64 bits and the kernel reads 32:
// "anything but 40" lets 0x100000028 through, which is 40 again.
//
// A 32-bit program gets both families through socketcall(2) all the same: its arguments lie in memory, which no filter
// reads. moby denied the whole call in 29.4.2, took that back because it broke 32-bit programs (moby#52506), and leaves
// AF_ALG to AppArmor and SELinux.
const lastFamilyBelowAlg = 37;
const familiesAbove = [39, 41, 42, 43, 44, 45]; // AF_NFC, AF_KCM, AF_QIPCRTR, AF_SMC, AF_XDP, AF_MCTP

const sockets: readonly ProfileRule[] = [
  allow(['socket'], {}, [{ index: 0, value: lastFamilyBelowAlg, op: 'SCMP_CMP_LE' }]),
  ...familiesAbove.map((family) => allow(['socket'], {}, [equal(0, family)])),
];

const s390 = ['s390', 's390x'];

export const defaultProfile: SeccompProfile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: EPERM,
  archMap: [
    { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] },
    { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
    { architecture: 'SCMP_ARCH_S390X', subArchitectures: ['SCMP_ARCH_S390'] },
    { architecture: 'SCMP_ARCH_PPC64LE', subArchitectures: [] },
    { architecture: 'SCMP_ARCH_RISCV64', subArchitectures: [] },
  ],
  architectures: [],
  flags: [],
  rules: [
    allow(commonSyscalls),
    // Before 4.8 a tracer could walk round the filter (kernel commit 93e35efb8de4).
    allow(['process_vm_readv', 'process_vm_writev', 'ptrace'], { includes: { minKernel: { major: 4, minor: 8 } } }),
    ...sockets,
    ...personalities.map((value) => allow(['personality'], {}, [equal(0, value)])),

    onArch(['ppc64le'], 'sync_file_range2', 'swapcontext'),
    onArch(
      ['arm', 'arm64'],
      'arm_fadvise64_64',
      'arm_sync_file_range',
      'sync_file_range2',
      'breakpoint',
      'cacheflush',
      'set_tls',
    ),
    onArch(['amd64', 'x32'], 'arch_prctl'),
    onArch(['amd64', 'x32', 'x86'], 'modify_ldt'),
    onArch(s390, 's390_pci_mmio_read', 's390_pci_mmio_write', 's390_runtime_instr'),
    onArch(['riscv64'], 'riscv_flush_icache'),

    // A new namespace, above all a user namespace, opens kernel code that only root should reach.
    allow(['clone'], { excludes: { caps: ['CAP_SYS_ADMIN'], arches: s390 } }, [noNamespaces(0)]),
    allow(['clone'], { includes: { arches: s390 }, excludes: { caps: ['CAP_SYS_ADMIN'] } }, [noNamespaces(1)]),
    {
      ...allow(['clone3'], { excludes: { caps: ['CAP_SYS_ADMIN'] } }),
      action: 'SCMP_ACT_ERRNO',
      errnoRet: ENOSYS,
    },

    withCapability(
      'CAP_SYS_ADMIN',
      ...['bpf', 'clone', 'clone3', 'fanotify_init', 'lookup_dcookie', 'perf_event_open', 'quotactl', 'quotactl_fd'],
      ...['fsconfig', 'fsmount', 'fsopen', 'fspick', 'mount', 'mount_setattr', 'move_mount', 'open_tree'],
      ...['umount', 'umount2', 'setdomainname', 'sethostname', 'setns', 'syslog', 'unshare'],
    ),
    withCapability('CAP_DAC_READ_SEARCH', 'open_by_handle_at'),
    withCapability('CAP_SYS_BOOT', 'reboot'),
    withCapability('CAP_SYS_CHROOT', 'chroot'),
    withCapability('CAP_SYS_MODULE', 'delete_module', 'init_module', 'finit_module'),
    withCapability('CAP_SYS_PACCT', 'acct'),
    withCapability(
      'CAP_SYS_PTRACE',
      ...['kcmp', 'pidfd_getfd', 'process_madvise', 'process_vm_readv', 'process_vm_writev', 'ptrace'],
    ),
    withCapability('CAP_SYS_RAWIO', 'iopl', 'ioperm'),
    withCapability('CAP_SYS_TIME', 'settimeofday', 'stime', 'clock_settime', 'clock_settime64'),
    withCapability('CAP_SYS_TTY_CONFIG', 'vhangup'),
    withCapability('CAP_SYS_NICE', 'get_mempolicy', 'mbind', 'set_mempolicy', 'set_mempolicy_home_node'),
    withCapability('CAP_SYSLOG', 'syslog'),
    withCapability('CAP_BPF', 'bpf'),
    withCapability('CAP_PERFMON', 'perf_event_open'),
  ],
};
