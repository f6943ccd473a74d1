/**
 * Instructions in front of a filter that answer ENOSYS for system calls newer than the profile.
 *
 * With EPERM a C library believes that it may not, and fails; with ENOSYS it believes that the kernel is old, and uses
 * what it used before. "Newer" is a number above every one that the profile names for the architecture.
 */
import { ENOSYS } from './errno.ts';

/** By SCMP_ARCH_ name: the highest system call number named in the profile; below 0: none. */
export type HighestNumbers = Readonly<Record<string, number>>;

/** AUDIT_ARCH_ of linux/audit.h, which the kernel puts into seccomp_data.arch. */
const auditArch: Readonly<Record<string, number>> = {
  SCMP_ARCH_X86: 0x4000_0003,
  SCMP_ARCH_X86_64: 0xc000_003e,
  SCMP_ARCH_X32: 0xc000_003e,
  SCMP_ARCH_ARM: 0x4000_0028,
  SCMP_ARCH_AARCH64: 0xc000_00b7,
  SCMP_ARCH_PPC64LE: 0xc000_0015,
  SCMP_ARCH_S390: 0x0000_0016,
  SCMP_ARCH_S390X: 0x8000_0016,
  SCMP_ARCH_RISCV64: 0xc000_00f3,
};

/** x32 shares x86-64's AUDIT_ARCH and has this bit in its numbers. */
const x32Bit = 0x4000_0000;

// linux/bpf_common.h and linux/seccomp.h
const loadWord = 0x20; // BPF_LD | BPF_W | BPF_ABS
const jumpEqual = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const jumpGreater = 0x25; // BPF_JMP | BPF_JGT | BPF_K
const jumpGreaterEqual = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const answer = 0x06; // BPF_RET | BPF_K
const returnErrno = 0x0005_0000; // SECCOMP_RET_ERRNO
const offsetNumber = 0; // of seccomp_data.nr
const offsetArch = 4; // of seccomp_data.arch

interface Instruction {
  readonly code: number;
  readonly ifTrue: number;
  readonly ifFalse: number;
  readonly value: number;
}

const instruction = (code: number, value: number, ifTrue = 0, ifFalse = 0): Instruction => ({
  code,
  value,
  ifTrue,
  ifFalse,
});

/** The stub alone: struct sock_filter, 8 bytes each; execution falls through to what follows. */
export function enosysStub(highest: HighestNumbers): Uint8Array {
  const enosys = instruction(answer, returnErrno | ENOSYS);
  const program: Instruction[] = [];
  for (const [arch, number] of Object.entries(highest)) {
    const audit = auditArch[arch];
    if (audit === undefined || number < 0) continue;
    const tests: Instruction[] = [instruction(loadWord, offsetNumber)];
    // Each ABI judges its own numbers: seen from x86-64, every x32 number would be "newer", and the other way round.
    if (arch === 'SCMP_ARCH_X86_64') tests.push(instruction(jumpGreaterEqual, x32Bit, 2, 0));
    if (arch === 'SCMP_ARCH_X32') tests.push(instruction(jumpGreaterEqual, x32Bit, 0, 2));
    tests.push(instruction(jumpGreater, number, 0, 1), enosys);
    program.push(instruction(loadWord, offsetArch), instruction(jumpEqual, audit, 0, tests.length), ...tests);
  }
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  // The filter runs on the machine that made it, and every machine supported here is little endian.
  for (const [index, { code, ifTrue, ifFalse, value }] of program.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, ifTrue);
    view.setUint8(index * 8 + 3, ifFalse);
    view.setUint32(index * 8 + 4, value, true);
  }
  return bytes;
}

/** Puts the stub in front of a compiled filter. Jumps in BPF are relative, so the filter needs no change. */
export function withEnosysStub(program: Uint8Array, highest: HighestNumbers): Uint8Array {
  const stub = enosysStub(highest);
  const joined = new Uint8Array(stub.length + program.length);
  joined.set(stub);
  joined.set(program, stub.length);
  return joined;
}
