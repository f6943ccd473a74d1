/** Who PID 1 runs as, as far as that is known without the container's /etc/passwd. */
import type { ImageConfig } from '../../image/image.ts';
import type { OciUser } from '../../oci/config.ts';
import type { RunRequest } from '../request/run-request.ts';

/**
 * `username` carries what has to be looked up; the numbers are filled in where the text has them.
 *
 * @example userOf for `--user 1000:100` // { uid: 1000, gid: 100, umask: 18, username: '1000:100' }
 */
export function userOf(request: RunRequest, image: ImageConfig): OciUser {
  const text = request.user ?? image.user;
  const [uid = '', gid = ''] = text.split(':', 2);
  const additionalGids = request.groupAdd.map(idOrNull).filter((id) => id !== null);
  return {
    uid: idOrNull(uid) ?? 0,
    gid: idOrNull(gid) ?? 0,
    umask: 0o022,
    ...(additionalGids.length === 0 ? {} : { additionalGids }),
    ...(text === '' ? {} : { username: text }),
  };
}

/** A plain decimal uid_t; the last value means "no id" to the kernel (CVE-2024-40635 is what happens without the check). */
function idOrNull(text: string): number | null {
  if (!/^\d{1,10}$/.test(text)) return null;
  const id = Number(text);
  return id < 0xffff_ffff ? id : null;
}
