/** `linux.cgroupsPath` for the systemd manager: `slice:prefix:name`. Pure. */
import { sliceDirectory } from './slice.ts';

export interface UnitName {
  readonly slice: string;
  /** For example `libpod-c7f.scope`. */
  readonly unit: string;
}

/** systemd.unit(5): 255 bytes of these. */
const wellFormed = /^[A-Za-z0-9:_.\\@-]{1,249}$/;

/**
 * Absent: `tsrun-NAME.scope` in the manager's usual slice, as with an empty slice or prefix. `-` alone is the root slice.
 *
 * @param cgroupsPath '' when the config has none
 * @param own NAME
 * @throws RangeError with a sentence
 * @example unitName('machine.slice:libpod:c7f', 'c7f', 'system') // { slice: 'machine.slice', unit: 'libpod-c7f.scope' }
 */
export function unitName(cgroupsPath: string, own: string, bus: 'system' | 'user'): UnitName {
  const usual = bus === 'system' ? 'system.slice' : 'user.slice';
  const parts = cgroupsPath === '' ? ['', 'tsrun', own] : cgroupsPath.split(':');
  const [asked = '', prefix = '', name = ''] = parts;
  if (parts.length !== 3 || name === '') {
    throw new RangeError(`linux.cgroupsPath is "${cgroupsPath}"; with the systemd manager it is slice:prefix:name`);
  }
  if (name.endsWith('.slice')) {
    throw new RangeError(`linux.cgroupsPath names the slice "${name}" for a container; a process lives in a scope`);
  }
  const slice = asked === '' ? usual : asked === '-' ? '-.slice' : asked;
  // Refuses what is none.
  sliceDirectory(slice);
  const stem = prefix === '' ? name : `${prefix}-${name}`;
  if (!wellFormed.test(stem)) throw new RangeError(`"${stem}.scope" is not a name of a systemd unit`);
  return { slice, unit: `${stem}.scope` };
}
