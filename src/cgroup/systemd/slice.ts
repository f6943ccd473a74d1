/** Slices: systemd.slice(5). Pure. */

/**
 * The directory of a slice below its service manager's: each dash is a level.
 *
 * @throws RangeError with a sentence when it is no name of a slice
 * @example sliceDirectory('a-b.slice') // 'a.slice/a-b.slice'
 * @example sliceDirectory('-.slice') // ''
 */
export function sliceDirectory(slice: string): string {
  if (slice === '-.slice') return '';
  const parts = /^([A-Za-z0-9:_.\\]+(?:-[A-Za-z0-9:_.\\]+)*)\.slice$/.exec(slice)?.[1]?.split('-');
  if (parts === undefined) throw new RangeError(`"${slice}" is not the name of a slice; write it like machine.slice`);
  return parts.map((_, level) => `${parts.slice(0, level + 1).join('-')}.slice`).join('/');
}
