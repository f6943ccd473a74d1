/** Whether a mount passes on what is mounted below it: mount_namespaces(7), the optional fields of proc_pid_mountinfo(5). */

/** `slave`: it receives and does not pass on. */
export interface MountPropagation {
  /** The mount that a path lies on. */
  readonly mountPoint: string;
  readonly type: 'shared' | 'slave' | 'private';
}

/**
 * @param path absolute, without symbolic links
 * @param mountinfo the text of /proc/self/mountinfo
 */
export function mountPropagation(path: string, mountinfo: string): MountPropagation {
  let found: MountPropagation = { mountPoint: '/', type: 'private' };
  for (const line of mountinfo.split('\n')) {
    const [, , , , place, , ...rest] = line.split(' ');
    if (place === undefined) continue;
    const mountPoint = withoutEscapes(place);
    if (!isBelow(path, mountPoint) || mountPoint.length < found.mountPoint.length) continue;
    const tags = rest.slice(0, rest.indexOf('-'));
    // Of several at one place the last one is on top.
    found = { mountPoint, type: typeOf(tags) };
  }
  return found;
}

function typeOf(tags: readonly string[]): MountPropagation['type'] {
  if (tags.some((tag) => tag.startsWith('shared:'))) return 'shared';
  return tags.some((tag) => tag.startsWith('master:')) ? 'slave' : 'private';
}

const isBelow = (path: string, mountPoint: string): boolean =>
  mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`);

/** The kernel writes blanks and backslashes as three octal digits. */
const withoutEscapes = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
