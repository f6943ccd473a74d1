/**
 * The twelve bits of a mode as ls(1) shows them.
 * @example permissionBits(0o4755) // 'rwsr-xr-x'
 */
export function permissionBits(mode: number): string {
  const special = [0o4000, 0o2000, 0o1000];
  const parts = [6, 3, 0].map((shift, who) => {
    const rwx = (mode >> shift) & 7;
    const marked = (mode & (special[who] ?? 0)) !== 0;
    const letter = who === 2 ? 't' : 's';
    const last = marked ? (rwx & 1 ? letter : letter.toUpperCase()) : rwx & 1 ? 'x' : '-';
    return `${rwx & 4 ? 'r' : '-'}${rwx & 2 ? 'w' : '-'}${last}`;
  });
  return parts.join('');
}
