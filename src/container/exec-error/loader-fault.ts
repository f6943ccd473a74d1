/** What is wrong with the loader (PT_INTERP) that a dynamically linked program asks for: ld.so(8). */
import { findLoaders, libraryOfLoader } from './c-library.ts';
import type { FindNext } from './content-fault.ts';
import type { Elf } from './elf.ts';
import type { Fault, Scene } from './fault.ts';
import { machineText } from './machines.ts';
import { walk } from './walk.ts';
import { anyOf, quote } from './words.ts';

export function loaderFault(scene: Scene, name: string, elf: Elf, loader: string, next: FindNext): Fault | null {
  const fault = next(loader);
  if (fault === null) return null;
  const asked = `${name} is there (ELF ${machineText(elf)}), but its loader ${quote(loader)}`;
  if (fault.present) {
    // For a loader the kernel says ELIBBAD where for a program it says ENOEXEC; execve(2).
    const errno = fault.errno === 'ENOEXEC' ? 'ELIBBAD' : fault.errno;
    return { errno, why: `${asked} cannot be used: ${fault.why}`, hint: fault.hint, present: true };
  }
  return { errno: 'ENOENT', present: true, ...missingLoader(scene, asked, elf, loader) };
}

function missingLoader(scene: Scene, asked: string, elf: Elf, loader: string): Pick<Fault, 'why' | 'hint'> {
  if (loader.startsWith('/nix/store/')) {
    return {
      why: `${asked} is not`,
      hint: 'it was built by Nix: put its closure into the image, or build it statically',
    };
  }
  const needs = libraryOfLoader(loader);
  const found = findLoaders(scene.files).filter(({ path }) => walk(scene.files, path, scene.who).type === 'there');
  const libraries = [...new Set(found.map(({ library }) => library))];
  if (found.length === 0) {
    return {
      why: `${asked} is not; the image has no C library`,
      hint: `build it statically${needs === null ? '' : `, or use an image with ${needs}`}`,
    };
  }
  const why = `${asked} is not; the image has ${libraries.join(' and ')} (${anyOf(found.slice(0, 3).map(({ path }) => path))})`;
  if (needs !== null && !libraries.includes(needs)) {
    return { why, hint: `build it statically or for ${libraries.join(' or ')}, or use an image with ${needs}` };
  }
  const own = elf.bits === 64 || needs === null ? null : `add the 32-bit ${needs} to the image`;
  return { why, hint: own === null ? 'build it for this image, or statically' : `${own}, or build it for 64 bits` };
}
