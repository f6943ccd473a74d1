/** Which capabilities a container gets, and in which of the five sets: capabilities(7). */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { capabilitiesUpTo, capabilityNumber, isCapabilityName } from '../../oci/capabilities.ts';
import type { OciCapabilities, OciUser } from '../../oci/config.ts';
import { defaultCapabilities } from '../../oci/defaults.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import type { RunRequest } from '../request/run-request.ts';

/**
 * The bounding set of the container, by docker's rules: the default fourteen, without `--cap-drop`, with `--cap-add`;
 * ALL first, then the exceptions to it.
 *
 * @param deviceRules whether the cgroup's program will guard device nodes
 * @throws TsrunError USAGE for an unknown name; HOST_UNSUPPORTED for one that the launcher lacks itself.
 */
export function containerCapabilities(
  request: RunRequest,
  lastCapability: number,
  boundingSet: bigint,
  userns: UserNamespace,
  deviceRules: 'enforced' | 'absent',
): readonly string[] {
  const named = [...request.capAdd, ...request.capDrop].filter((name) => name !== 'ALL');
  for (const name of named) {
    if (isCapabilityName(name)) continue;
    throw new TsrunError('USAGE', `there is no capability "${name}"`, {
      hint: 'names are those of capabilities(7), for example NET_ADMIN; or ALL',
    });
  }
  const known = capabilitiesUpTo(lastCapability);
  const available = availableCapabilities(known, boundingSet, userns);
  const has = new Set<string>(available);
  if (request.privileged) return available;

  for (const name of request.capAdd) {
    if (name === 'ALL' || has.has(name)) continue;
    throw new TsrunError('HOST_UNSUPPORTED', `cannot give the container "${name}"`, {
      why: known.some((each) => each === name) ? 'tsrun does not have it itself' : 'this kernel does not know it',
      hint: 'leave out --cap-add for it, or run tsrun with it',
    });
  }
  const base = new Set<string>(
    request.capAdd.includes('ALL') ? available : request.capDrop.includes('ALL') ? [] : defaultCapabilities,
  );
  // Without device rules, a node made inside would open the host's disks.
  if (deviceRules === 'absent' && userns.type === 'host') base.delete('CAP_MKNOD');
  for (const name of request.capDrop) base.delete(name);
  for (const name of request.capAdd) if (name !== 'ALL') base.add(name);
  return known.filter((name) => base.has(name) && has.has(name));
}

/**
 * What can be given to a process in a container at all.
 *
 * @param boundingSet the launcher's
 */
export const availableCapabilities = (
  known: readonly string[],
  boundingSet: bigint,
  userns: UserNamespace,
): readonly string[] =>
  // A new user namespace starts with every capability, limited to what it owns: user_namespaces(7).
  userns.type === 'new'
    ? known
    : known.filter((name) => ((boundingSet >> BigInt(capabilityNumber(name) ?? 0)) & 1n) === 1n);

/**
 * The five sets. Inheritable and ambient stay empty: a filled inheritable set hands capabilities to programs with
 * inheritable file capabilities (CVE-2022-29162). For another user than root execve(2) clears the permitted set anyway.
 */
export function capabilitySets(bounding: readonly string[], user: OciUser): OciCapabilities {
  const held = user.uid === 0 ? bounding : [];
  return { bounding, effective: held, permitted: held, inheritable: [], ambient: [] };
}
