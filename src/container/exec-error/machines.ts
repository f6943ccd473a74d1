/** Names of processor architectures: e_machine of elf(5) against what this machine runs. */
import type { Elf } from './elf.ts';

/** `x64` and `arm64` as in process.arch. */
export type MachineName = 'x64' | 'arm64';

const names: ReadonlyMap<number, string> = new Map([
  [2, 'SPARC'],
  [3, '32-bit x86'],
  [8, 'MIPS'],
  [20, '32-bit PowerPC'],
  [21, 'PowerPC'],
  [22, 's390x'],
  [40, '32-bit ARM'],
  [50, 'Itanium'],
  [62, 'x86-64'],
  [183, 'arm64'],
  [243, 'RISC-V'],
  [247, 'BPF'],
  [258, 'LoongArch'],
]);

/** What the two kernels run: their own programs, and 32-bit ones when they were built to. */
const runs: Readonly<Record<MachineName, readonly [number, number]>> = { x64: [62, 3], arm64: [183, 40] };
/** Words for `--platform`. */
const platforms: ReadonlyMap<number, string> = new Map([
  [62, 'linux/amd64'],
  [183, 'linux/arm64'],
]);

/** For example `arm64`, or `big-endian MIPS`. */
export function machineText(elf: Pick<Elf, 'machine' | 'bits' | 'endian'>): string {
  const name = names.get(elf.machine) ?? `machine number ${elf.machine}`;
  const usual = elf.machine === 2 || elf.machine === 20 || elf.machine === 21 || elf.machine === 22 ? 'big' : 'little';
  return elf.endian === usual ? name : `${elf.endian}-endian ${name}`;
}

export const thisMachineText = (machine: MachineName): string => names.get(runs[machine][0]) ?? machine;
export const thisPlatform = (machine: MachineName): string => platforms.get(runs[machine][0]) ?? machine;

/** `foreign`: never; `maybe`: a 32-bit program, for which the kernel may be built or not. */
export function fits(elf: Elf, machine: MachineName): 'own' | 'maybe' | 'foreign' {
  const [own, older] = runs[machine];
  if (elf.endian === 'big') return 'foreign';
  if (elf.machine === own) return elf.bits === 64 ? 'own' : 'maybe';
  return elf.machine === older && elf.bits === 32 ? 'maybe' : 'foreign';
}
