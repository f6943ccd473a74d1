/** For which processor the programs of a tree are, read from the first ELF header found. */
import { closeSync, constants, type Dirent, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** e_machine of elf.h, for 64-bit and 32-bit little-endian files. */
const machines: Readonly<Record<number, string>> = {
  3: '386',
  40: 'arm',
  62: 'amd64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
  21: 'ppc64le',
};
/** s390x is big-endian. */
const bigEndianMachines: Readonly<Record<number, string>> = { 22: 's390x' };

const programDirectories = ['bin', 'usr/bin', 'sbin', 'usr/sbin', 'usr/local/bin', 'app', '.'];
const maxFiles = 64;

/**
 * The architecture in Go's spelling, or null when no program is found or may be read. Follows no link of the tree: it is
 * somebody else's, and we are outside of it.
 */
export function guessArchitecture(root: string): string | null {
  for (const directory of programDirectories) {
    if (!isRealDirectory(root, directory)) continue;
    const files = listFiles(join(root, directory));
    for (const file of files.slice(0, maxFiles)) {
      const architecture = architectureOf(join(root, directory, file.name));
      if (architecture !== null) return architecture;
    }
  }
  return null;
}

function isRealDirectory(root: string, directory: string): boolean {
  let at = root;
  for (const part of directory.split('/')) {
    at = join(at, part);
    if (lstatSync(at, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  }
  return true;
}

function listFiles(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile());
  } catch {
    return [];
  }
}

/** The architecture of an ELF file; null for anything else. */
export function architectureOf(path: string): string | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const header = Buffer.alloc(20);
    if (readSync(fd, header, 0, header.length, 0) < header.length) return null;
    if (header.toString('latin1', 0, 4) !== '\x7fELF') return null;
    return header[5] === 2
      ? (bigEndianMachines[header.readUInt16BE(18)] ?? null)
      : (machines[header.readUInt16LE(18)] ?? null);
  } finally {
    closeSync(fd);
  }
}
