/** What is wrong with the content of a file that may be executed: its format, its interpreter, its loader. */
import { isElf, readElf } from './elf.ts';
import type { Fault, Scene } from './fault.ts';
import { fileKind } from './file-kind.ts';
import { interpreterFault } from './interpreter-fault.ts';
import { loaderFault } from './loader-fault.ts';
import { fits, machineText, thisMachineText, thisPlatform } from './machines.ts';
import type { FileStat } from './root-files.ts';
import { readByKernel, readShebang } from './shebang.ts';
import { quote } from './words.ts';

export interface ExecutedFile {
  /** As it was asked for. */
  readonly shown: string;
  /** Where it is, without links. */
  readonly path: string;
  readonly stat: FileStat;
}

/** Finds what is wrong with an interpreter or loader. */
export type FindNext = (path: string) => Fault | null;

export function findContentFault(scene: Scene, file: ExecutedFile, next: FindNext): Fault | null {
  const start = scene.files.read(file.path, 0, readByKernel);
  // A program need not be readable to be executed.
  if (!start.seen) return null;
  if (isElf(start.value)) return elfFault(scene, file, start.value, next);
  const name = quote(file.shown);
  const shebang = readShebang(start.value);
  switch (shebang.type) {
    case 'interpreter':
      return interpreterFault(scene, name, shebang.path, next);
    case 'empty':
      return refused(`the first line of ${name} has "#!" and no interpreter`, 'write "#!/bin/sh"');
    case 'too-long':
      return refused(
        `the interpreter on the first line of ${name} does not end within ${readByKernel} bytes, which is all the kernel reads`,
        'use a shorter path, or "#!/usr/bin/env NAME"',
      );
    case 'none': {
      const kind = fileKind(start.value);
      const hint = kind.isText ? `write "#!/bin/sh" as its first line, or start it with sh: sh ${name}` : kind.hint;
      return refused(`${name} ${kind.text}`, hint);
    }
  }
}

function elfFault(scene: Scene, file: ExecutedFile, start: Uint8Array, next: FindNext): Fault | null {
  const name = quote(file.shown);
  const elf = readElf(start, (offset, length) => {
    const part = scene.files.read(file.path, offset, length);
    return part.seen ? part.value : null;
  });
  if (elf.machine !== 0 && fits(elf, scene.machine) === 'foreign') {
    return refused(
      `${name} is for ${machineText(elf)}, this machine is ${thisMachineText(scene.machine)}`,
      `use an image for ${thisPlatform(scene.machine)}, or install qemu-user with binfmt_misc on the host`,
    );
  }
  if (elf.damage !== null) return refused(`${name} is a damaged ELF program: ${elf.damage}`, null);
  if (elf.kind === 'relocatable') return refused(`${name} is an object file (.o), not a program`, 'link it');
  if (elf.kind === 'core' || elf.kind === 'other') return refused(`${name} is an ELF file but not a program`, null);
  if (elf.loader !== null) return loaderFault(scene, name, elf, elf.loader, next);
  if (fits(elf, scene.machine) === 'own') return null;
  // Last: whether the kernel runs 32-bit programs shows only in that it refused this one.
  return refused(
    `${name} is for ${machineText(elf)}, which this machine's ${thisMachineText(scene.machine)} kernel may not be built to run`,
    `use an image for ${thisPlatform(scene.machine)}`,
  );
}

const refused = (why: string, hint: string | null): Fault => ({ errno: 'ENOEXEC', why, hint, present: true });
