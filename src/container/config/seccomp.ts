/** Which seccomp filter a container gets. */
import { defaultProfile } from '../../oci/seccomp/default-profile.ts';
import { parseSeccompProfile } from '../../oci/seccomp/parse-profile.ts';
import { resolveProfile, type SeccompSubject } from '../../oci/seccomp/resolve.ts';
import type { OciSeccomp } from '../../oci/seccomp/seccomp.ts';
import type { RunRequest } from '../request/run-request.ts';

/**
 * The resolved filter, or null for none: unconfined, or privileged with nothing else said.
 *
 * @throws TsrunError USAGE when a profile file cannot be read.
 */
export function seccompOf(request: RunRequest, subject: SeccompSubject): OciSeccomp | null {
  const { seccomp } = request;
  if (seccomp.type === 'unconfined') return null;
  if (seccomp.type === 'profile') return resolveProfile(parseSeccompProfile(seccomp.json, seccomp.path), subject);
  return request.privileged ? null : resolveProfile(defaultProfile, subject);
}
