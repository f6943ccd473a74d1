/** /etc/passwd and /etc/group of an image, passwd(5) and group(5): parsed as data of unknown origin. */

export interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

export interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** The highest id the kernel gives to anything; 2^32-1 means "none" to setresuid(2). */
export const maxId = 2 ** 31 - 1;

/** A decimal id, nothing else: no sign, no blank, no 0x (CVE-2024-40635). null: not an id. */
export function parseId(text: string): number | null {
  if (!/^[0-9]{1,10}$/.test(text)) return null;
  const id = Number(text);
  return id <= maxId ? id : null;
}

/** Lines that are not entries are passed over, as the C library does. */
export function parsePasswd(text: string): readonly PasswdEntry[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uidText, gidText, , home] = line.split(':');
    const uid = parseId(uidText ?? '');
    const gid = parseId(gidText ?? '');
    if (name === undefined || name === '' || uid === null || gid === null) return [];
    return [{ name, uid, gid, home: home ?? '' }];
  });
}

export function parseGroup(text: string): readonly GroupEntry[] {
  return text.split('\n').flatMap((line) => {
    const [name, , gidText, members] = line.split(':');
    const gid = parseId(gidText ?? '');
    if (name === undefined || name === '' || gid === null) return [];
    return [{ name, gid, members: (members ?? '').split(',').filter((member) => member !== '') }];
  });
}
