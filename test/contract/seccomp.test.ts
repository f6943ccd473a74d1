/** Runs compiled filters as the kernel would, to see that libseccomp and the stub in front mean what the profile says. */
import { describe, expect, it } from 'vitest';
import { addon } from '../../src/native/addon.ts';
import { defaultCapabilities } from '../../src/oci/defaults.ts';
import { defaultProfile } from '../../src/oci/seccomp/default-profile.ts';
import { withEnosysStub } from '../../src/oci/seccomp/enosys-stub.ts';
import { seccompFilter } from '../../src/oci/seccomp/filter.ts';
import { resolveProfile } from '../../src/oci/seccomp/resolve.ts';
import type { OciSeccomp } from '../../src/oci/seccomp/seccomp.ts';

const allow = 0x7fff_0000;
const errno = (number: number): number => 0x0005_0000 | number;
const EPERM = 1;
const ENOSYS = 38;
const x86_64 = 0xc000_003e;
const i386 = 0x4000_0003;

interface Call {
  readonly arch: number;
  readonly number: number;
  readonly args?: readonly bigint[];
}

/** Classic BPF over struct seccomp_data: the few instructions that filters use; anything else is an error. */
function run(program: Uint8Array, call: Call): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.number, true);
  data.setUint32(4, call.arch, true);
  for (const [index, arg] of (call.args ?? []).entries()) data.setBigUint64(16 + index * 8, arg, true);
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  let accumulator = 0;
  for (let at = 0; at < program.length / 8; at++) {
    const [opcode, yes, no] = [code.getUint16(at * 8, true), code.getUint8(at * 8 + 2), code.getUint8(at * 8 + 3)];
    const value = code.getUint32(at * 8 + 4, true);
    const branch = (taken: boolean): void => {
      at += taken ? yes : no;
    };
    if (opcode === 0x20) accumulator = data.getUint32(value, true);
    else if (opcode === 0x06) return value;
    else if (opcode === 0x05) at += value;
    else if (opcode === 0x15) branch(accumulator === value);
    else if (opcode === 0x25) branch(accumulator > value);
    else if (opcode === 0x35) branch(accumulator >= value);
    else if (opcode === 0x45) branch((accumulator & value) !== 0);
    else if (opcode === 0x54) accumulator = (accumulator & value) >>> 0;
    else throw new Error(`opcode ${opcode.toString(16)} at ${at}`);
  }
  throw new Error('the filter has no end');
}

function compile(seccomp: OciSeccomp): Uint8Array {
  const { program, highest } = addon().compileSeccomp(seccompFilter(seccomp));
  return withEnosysStub(program, highest);
}

const container = (capabilities: readonly string[]): OciSeccomp =>
  resolveProfile(defaultProfile, { capabilities: new Set(capabilities), machine: 'x64', kernel: '6.1.0' });

// Numbers of the x86-64 table; libseccomp compiles for it on every machine, the filter is data here.
const call = (number: number, ...args: readonly bigint[]): Call => ({ arch: x86_64, number, args });
const [socket, clone, mount, unshare, ptrace, ioUringSetup, clone3] = [41, 56, 165, 272, 101, 425, 435];

describe('the default filter', () => {
  const program = compile(container(defaultCapabilities));

  it('allows what programs live on', () => {
    for (const number of [0, 1, 9, 59, 231, 257]) expect(run(program, call(number))).toBe(allow);
    expect(run(program, call(ptrace))).toBe(allow);
  });
  it('refuses what reaches deep into the kernel', () => {
    for (const number of [mount, unshare, ioUringSetup]) expect(run(program, call(number))).toBe(errno(EPERM));
  });
  it('hides clone3 and what is newer than the profile', () => {
    for (const number of [clone3, 600, 0x3fff_ffff]) expect(run(program, call(number))).toBe(errno(ENOSYS));
  });
  it('lets clone make threads and no namespaces', () => {
    expect(run(program, call(clone, 0x3d0f00n))).toBe(allow);
    for (const flag of [0x0002_0000n, 0x1000_0000n, 0x4000_0000n, 0x0200_0000n]) {
      expect(run(program, call(clone, flag | 17n))).toBe(errno(EPERM));
    }
  });
  it('keeps AF_VSOCK and AF_ALG away, also when written in 64 bits', () => {
    for (const family of [1n, 2n, 10n, 16n, 37n, 39n, 44n]) expect(run(program, call(socket, family))).toBe(allow);
    for (const family of [38n, 40n, 0x1_0000_0028n, 0xffff_ffff_0000_0026n, 46n]) {
      expect([family, run(program, call(socket, family))]).toEqual([family, errno(EPERM)]);
    }
  });
  it('judges 32-bit and x32 programs by their own numbers', () => {
    expect(run(program, { arch: i386, number: 3 })).toBe(allow); // read
    expect(run(program, { arch: i386, number: 21 })).toBe(errno(EPERM)); // mount
    expect(run(program, { arch: i386, number: 999 })).toBe(errno(ENOSYS));
    expect(run(program, call(0x4000_0000))).toBe(allow); // read
    expect(run(program, call(0x4000_0000 + 165))).toBe(errno(EPERM)); // mount
    expect(run(program, call(0x4000_0fff))).toBe(errno(ENOSYS));
  });
  it('kills what comes from an architecture it does not know', () => {
    expect(run(program, { arch: 0xc000_00b7, number: 1 })).toBe(0);
  });
  it('opens with CAP_SYS_ADMIN', () => {
    const admin = compile(container(['CAP_SYS_ADMIN']));
    for (const number of [mount, unshare, clone3]) expect(run(admin, call(number))).toBe(allow);
  });
  it('fits into what the kernel takes', () => {
    expect(program.length % 8).toBe(0);
    expect(program.length / 8).toBeLessThan(4096);
  });
});

describe('every action and comparison', () => {
  // linux/seccomp.h: SECCOMP_RET_
  const answers = {
    SCMP_ACT_KILL: 0,
    SCMP_ACT_KILL_THREAD: 0,
    SCMP_ACT_KILL_PROCESS: 0x8000_0000,
    SCMP_ACT_TRAP: 0x0003_0000,
    SCMP_ACT_ERRNO: errno(7),
    SCMP_ACT_TRACE: 0x7ff0_0007,
    SCMP_ACT_LOG: 0x7ffc_0000,
  } as const;
  it.each(Object.entries(answers))('%s is answered', (name, answer) => {
    const action = name as keyof typeof answers;
    const errnoRet = action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE' ? { errnoRet: 7 } : {};
    const program = compile({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mount'], action, ...errnoRet }],
    });
    expect([run(program, call(mount)), run(program, call(0))]).toEqual([answer, allow]);
  });
  it('SCMP_ACT_KILL without an errno is not the default’s', () => {
    const program = compile({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 38, syscalls: [] });
    expect(run(program, call(mount))).toBe(errno(ENOSYS));
  });

  const top = 0xffff_ffff_ffff_ffffn;
  const high = 0x8000_0000_0000_0001n;
  // libseccomp's meaning: the system call's argument stands on the left.
  const comparisons = [
    ['SCMP_CMP_NE', high, 0n, [high - 1n, 1n, top], [high]],
    ['SCMP_CMP_LT', high, 0n, [0n, high - 1n], [high, top]],
    ['SCMP_CMP_LE', high, 0n, [0n, high], [high + 1n, top]],
    ['SCMP_CMP_EQ', top, 0n, [top], [top - 1n, 0xffff_ffffn]],
    ['SCMP_CMP_GE', high, 0n, [high, top], [high - 1n]],
    ['SCMP_CMP_GT', high, 0n, [high + 1n], [high, 1n]],
    ['SCMP_CMP_MASKED_EQ', 0xffff_0000_0000_ffffn, 0x8000_0000_0000_0001n, [high, high | 0xf_0000n], [1n, top]],
  ] as const;
  it.each(comparisons)('%s compares all 64 bits', (op, value, valueTwo, hits, misses) => {
    const args = [{ index: 1, value, valueTwo, op }];
    const syscalls = [{ names: ['mount'], action: 'SCMP_ACT_ALLOW' as const, args }];
    const program = compile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls });
    for (const hit of hits) expect([hit, run(program, call(mount, 0n, hit))]).toEqual([hit, allow]);
    for (const miss of misses) expect([miss, run(program, call(mount, 0n, miss))]).toEqual([miss, errno(EPERM)]);
  });
  it('several arguments have to fit together, several rules one by one', () => {
    const arg = (index: number, value: bigint) => ({ index, value, op: 'SCMP_CMP_EQ' as const });
    const program = compile({
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [
        { names: ['mount'], action: 'SCMP_ACT_ALLOW', args: [arg(0, 1n), arg(1, 2n)] },
        { names: ['mount'], action: 'SCMP_ACT_ALLOW', args: [arg(0, 3n)] },
      ],
    });
    const answersTo = (a: bigint, b: bigint) => run(program, call(mount, a, b));
    expect([answersTo(1n, 2n), answersTo(1n, 3n), answersTo(3n, 9n)]).toEqual([allow, errno(EPERM), allow]);
  });
});

describe('the compiler', () => {
  it('says what kernel and library take', () => {
    const { flags, architectures } = addon().seccompSupport(['SCMP_ARCH_X86_64', 'SCMP_ARCH_PDP11']);
    expect(architectures).toEqual(['SCMP_ARCH_X86_64']);
    // TSYNC and LOG are older than every kernel that tsrun runs on (3.17, 4.14).
    expect(flags & 0b11).toBe(0b11);
  });
  it('leaves out and names what this libseccomp does not know', () => {
    const filter = seccompFilter({
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [{ names: ['read', 'no_such_call'], action: 'SCMP_ACT_ALLOW' }],
    });
    expect(addon().compileSeccomp(filter).unknown).toEqual(['no_such_call']);
  });
  it('refuses an architecture that does not exist', () => {
    const filter = seccompFilter({ defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_PDP11'] });
    expect(() => addon().compileSeccomp(filter)).toThrow('SCMP_ARCH_PDP11');
  });
  it('says which libseccomp it is', () => {
    expect(addon().seccompVersion()).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
