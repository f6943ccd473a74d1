/** Which C library an image has, by the loaders that lie where loaders lie. */
import type { RootFiles } from './root-files.ts';

export type CLibrary = 'glibc' | 'musl' | 'uClibc' | 'bionic';

const directories = ['/lib', '/lib64', '/usr/lib', '/usr/lib64'];
/** More names than the directories of a large distribution have. */
const maxNames = 8192;

/** The C library that brings a loader of this name, for example musl for `/lib/ld-musl-x86_64.so.1`. */
export function libraryOfLoader(loader: string): CLibrary | null {
  const name = loader.slice(loader.lastIndexOf('/') + 1);
  if (name.startsWith('ld-musl-')) return 'musl';
  if (/^ld-uClibc|^ld64-uClibc/.test(name)) return 'uClibc';
  if (name === 'linker' || name === 'linker64') return 'bionic';
  // ld.so.1 and ld64.so.N are glibc's on MIPS, PowerPC and s390x.
  return /^(ld-linux|ld64\.so\.|ld\.so\.1$|ld-2\.)/.test(name) ? 'glibc' : null;
}

export interface FoundLoader {
  readonly library: CLibrary;
  readonly path: string;
}

/** The loaders of the image. */
export function findLoaders(files: RootFiles): readonly FoundLoader[] {
  const found: FoundLoader[] = [];
  for (const directory of directories) {
    const names = files.list(directory, maxNames);
    if (!names.seen) continue;
    for (const name of names.value) {
      const library = libraryOfLoader(name);
      if (library !== null) found.push({ library, path: `${directory}/${name}` });
    }
  }
  return found;
}
