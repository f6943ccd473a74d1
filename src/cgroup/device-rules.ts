/**
 * Device rules as a program of type BPF_PROG_TYPE_CGROUP_DEVICE: Documentation/admin-guide/cgroup-v2.rst, "Device
 * controller"; struct bpf_cgroup_dev_ctx of linux/bpf.h.
 *
 * The last rule that matches decides, for each of read, write and mknod by itself: opening for reading and writing is
 * allowed by two rules that allow one each, and denied by one that denies either. So the program goes through the rules
 * from the last to the first and keeps the set of accesses that are not yet allowed.
 */
import type { OciDeviceRule } from '../oci/resources.ts';

// linux/bpf.h: BPF_DEVCG_DEV_*, BPF_DEVCG_ACC_*
const deviceType: Readonly<Record<string, number>> = { b: 1, c: 2 };
const accessBit: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };
const allAccess = 7;

// Registers: r0 result, r1 context, and our own
const r0 = 0;
const context = 1;
const type = 2;
const open = 3; // accesses that no rule has answered yet
const major = 4;
const minor = 5;

// linux/bpf_common.h, linux/bpf.h
const loadWord = 0x61; // BPF_LDX | BPF_MEM | BPF_W
const move = 0xb7; // BPF_ALU64 | BPF_MOV | BPF_K
const and = 0x54; // BPF_ALU | BPF_AND | BPF_K
const shiftRight = 0x74; // BPF_ALU | BPF_RSH | BPF_K
const jumpNotEqual = 0x55; // BPF_JMP | BPF_JNE | BPF_K
const jumpIfSet = 0x45; // BPF_JMP | BPF_JSET | BPF_K
const jump = 0x05; // BPF_JMP | BPF_JA
const exit = 0x95; // BPF_JMP | BPF_EXIT

interface Instruction {
  readonly code: number;
  readonly register: number;
  readonly source: number;
  readonly offset: number;
  readonly value: number;
}

const instruction = (code: number, register: number, value: number, offset = 0, source = 0): Instruction => ({
  code,
  register,
  source,
  offset,
  value,
});

const answer = (allow: boolean): readonly Instruction[] => [
  instruction(move, r0, allow ? 1 : 0),
  instruction(exit, 0, 0),
];

/**
 * The program for a list of rules; what no rule matches is denied.
 *
 * @throws RangeError with a sentence for a type or access that does not exist
 */
export function deviceProgram(rules: readonly OciDeviceRule[]): Uint8Array {
  const program: Instruction[] = [
    instruction(loadWord, type, 0, 0, context),
    instruction(and, type, 0xffff),
    instruction(loadWord, open, 0, 0, context),
    instruction(shiftRight, open, 16),
    instruction(loadWord, major, 0, 4, context),
    instruction(loadWord, minor, 0, 8, context),
  ];
  for (const rule of rules.toReversed()) {
    const access = accessMask(rule.access);
    const tests = conditions(rule);
    if (tests.length === 0 && access === allAccess) {
      // Nothing gets past such a rule, and the verifier refuses a program with instructions that nothing reaches.
      return encode([...program, ...answer(rule.allow)]);
    }
    const body: readonly Instruction[] = rule.allow
      ? [instruction(and, open, ~access), instruction(jumpNotEqual, open, 0, 2), ...answer(true)]
      : [instruction(jumpIfSet, open, access, 1), instruction(jump, 0, 0, 2), ...answer(false)];
    // A test that fails jumps over the tests after it and the body.
    const length = tests.length + body.length;
    program.push(
      ...tests.map(([register, value], index) => instruction(jumpNotEqual, register, value, length - index - 1)),
      ...body,
    );
  }
  return encode([...program, ...answer(false)]);
}

/** Register and the value it must have. */
function conditions(rule: OciDeviceRule): readonly (readonly [number, number])[] {
  const found: [number, number][] = [];
  if (rule.type !== undefined && rule.type !== 'a' && rule.type !== '') {
    const known = deviceType[rule.type === 'u' ? 'c' : rule.type];
    if (known === undefined) throw new RangeError(`"${rule.type}" is not a type of device; it is a, b or c`);
    found.push([type, known]);
  }
  if (rule.major !== undefined && rule.major >= 0) found.push([major, rule.major]);
  if (rule.minor !== undefined && rule.minor >= 0) found.push([minor, rule.minor]);
  return found;
}

function accessMask(access: string | undefined): number {
  if (access === undefined || access === '') return allAccess;
  let mask = 0;
  for (const letter of access) {
    const bit = accessBit[letter];
    if (bit === undefined) throw new RangeError(`"${access}" is not an access to a device; it is of r, w and m`);
    mask |= bit;
  }
  return mask;
}

/** struct bpf_insn, little endian as every machine supported here. */
function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, register, source, offset, value }] of program.entries()) {
    view.setUint8(index * 8, code);
    view.setUint8(index * 8 + 1, (source << 4) | register);
    view.setInt16(index * 8 + 2, offset, true);
    view.setInt32(index * 8 + 4, value | 0, true);
  }
  return bytes;
}
