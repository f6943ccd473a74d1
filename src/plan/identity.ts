/** Who the command runs as, and what it may do. */
import { capabilityMask } from '../oci/capabilities.ts';
import type { PlanInput } from './build-plan.ts';
import { hasHome } from './exec.ts';
import type { Lookup, Seccomp, Step, UserIdentity } from './plan.ts';

export function credentialSteps(input: PlanInput): {
  readonly lookup: readonly Lookup[];
  /** From the bounding set to no_new_privs. */
  readonly steps: readonly Step[];
  /** The filter, when it may come last. */
  readonly lateSeccomp: readonly Seccomp[];
} {
  const process = input.config.process;
  const caps = process?.capabilities;
  const noNewPrivileges = process?.noNewPrivileges ?? false;
  const seccomp: Seccomp[] =
    input.seccomp === null ? [] : [{ kind: 'seccomp', program: input.seccomp.program, flags: input.seccomp.flags }];
  const mask = (names: readonly string[] | undefined): bigint => capabilityMask(names ?? []);
  return {
    lookup: lookup(input),
    steps: [
      ...(caps === undefined ? [] : [{ kind: 'bounding-set', keep: mask(caps.bounding) } as const]),
      ...(noNewPrivileges ? [] : seccomp),
      { kind: 'user', identity: identity(input), umask: process?.user.umask ?? 0o022 },
      ...(caps === undefined
        ? []
        : [
            {
              kind: 'capabilities',
              effective: mask(caps.effective),
              permitted: mask(caps.permitted),
              inheritable: mask(caps.inheritable),
              // Others cannot be raised (capabilities(7)); buildah lists them all the same, and runc passes over it.
              ambient: mask(caps.ambient) & mask(caps.permitted) & mask(caps.inheritable),
            } as const,
          ]),
      { kind: 'working-directory', path: process?.cwd ?? '/' },
      ...(noNewPrivileges ? [{ kind: 'no-new-privileges' } as const] : []),
    ],
    lateSeccomp: noNewPrivileges ? seccomp : [],
  };
}

/** Ids that the config gives need no question; HOME, when it does not give it, does. */
function lookup(input: PlanInput): readonly Lookup[] {
  const { user } = input;
  if (user.type === 'lookup') return [{ kind: 'lookup', user: user.user, groupAdd: user.groupAdd }];
  if (hasHome(input.config)) return [];
  return [{ kind: 'lookup', user: String(input.config.process?.user.uid ?? 0), groupAdd: [] }];
}

function identity(input: PlanInput): UserIdentity {
  // With a single mapped id the kernel denies setgroups(2) for good (user_namespaces(7)).
  const setGroups = !(input.userns.type === 'new' && input.userns.writer === 'single');
  if (input.user.type === 'lookup') return { type: 'looked-up', setGroups };
  const user = input.config.process?.user;
  return {
    type: 'ids',
    uid: user?.uid ?? 0,
    gid: user?.gid ?? 0,
    groups: user?.additionalGids ?? [],
    setGroups,
  };
}
