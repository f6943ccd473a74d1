/** Names of members of an outer archive: compared, never used as paths of the host. */

/** Without "./" and trailing or doubled slashes; null for the root itself and for names that leave it. */
export function memberName(name: string): string | null {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.pop() === undefined) return null;
    if (part !== '..') parts.push(part);
  }
  return parts.length === 0 ? null : parts.join('/');
}

/** A link's target as a member name: relative to the member that links (symbolic) or to the root (hard). */
export function linkedMember(member: string, link: string, type: 'symbolic' | 'hard'): string | null {
  if (type === 'hard' || link.startsWith('/')) return memberName(link);
  return memberName(`${member}/../${link}`);
}

const imageMember =
  /^(?:blobs(?:\/|$)|oci-layout$|index\.json$|manifest\.json$|repositories$|config\.json$|(?:sha256:)?[0-9a-f]{64}(?:$|\.|\/))/;

/** Whether an archive that begins with this member may be an image and not a root filesystem. */
export const mayBeginImage = (member: string): boolean => imageMember.test(member);
