/** Who the command runs as, and what it may do. */
import { capabilityMask } from '../oci/capabilities.ts';
import type { OciProcess } from '../oci/config.ts';
import { hasHome } from './exec.ts';
import { limitSteps } from './limits.ts';
import type { Demand, Lookup, Seccomp, Step, TakeFile, UserIdentity } from './plan.ts';
import type { Slots } from './slots.ts';

/** A compiled filter and its SECCOMP_FILTER_FLAG_ bits. */
export interface CompiledFilter {
  readonly program: Uint8Array;
  readonly flags: number;
  /** `file`: the connection's place in MonitorRequest.keep; see the step `seccomp`. */
  readonly listener: { readonly file: number; readonly message: readonly string[] } | null;
}

/** Where the user's ids come from: the config, or names to look up in the root. */
export type UserSource =
  | { readonly type: 'config' }
  | { readonly type: 'lookup'; readonly user: string; readonly groupAdd: readonly string[] };

export interface CredentialInput {
  readonly process: OciProcess | undefined;
  readonly user: UserSource;
  readonly seccomp: CompiledFilter | null;
  /** Descriptors after standard error that the command inherits. */
  readonly preserved: { readonly length: number };
  /** Whether setgroups(2) is allowed in the container's user namespace. */
  readonly setGroups: boolean;
  /** Whether limits that the host refuses end the run. */
  readonly demand: Demand;
}

export function credentialSteps(
  input: CredentialInput,
  slots: Slots,
): {
  /** The socket to a seccomp listener. */
  readonly takes: readonly TakeFile[];
  readonly lookup: readonly Lookup[];
  /** From the bounding set to the last thing before exec: files closed, limits and filter in force. */
  readonly steps: readonly Step[];
} {
  const { process } = input;
  // What nobody has granted is not there.
  const caps = process?.capabilities ?? {};
  const noNewPrivileges = process?.noNewPrivileges ?? false;
  const filter = seccompStep(input, slots);
  // Before the filter, which may not allow close_range(2) and prlimit(2).
  const last: readonly Step[] = [
    { kind: 'close-files', from: 3 + input.preserved.length },
    ...limitSteps(process, input.demand),
    ...filter.steps,
  ];
  const mask = (names: readonly string[] | undefined): bigint => capabilityMask(names ?? []);
  return {
    takes: filter.takes,
    lookup: lookup(input),
    steps: [
      { kind: 'bounding-set', keep: mask(caps.bounding) },
      ...(noNewPrivileges ? [] : last),
      { kind: 'user', identity: identity(input), umask: process?.user.umask ?? 0o022 },
      {
        kind: 'capabilities',
        effective: mask(caps.effective),
        permitted: mask(caps.permitted),
        inheritable: mask(caps.inheritable),
        // Others cannot be raised (capabilities(7)); buildah lists them all the same, and runc passes over it.
        ambient: mask(caps.ambient) & mask(caps.permitted) & mask(caps.inheritable),
      },
      { kind: 'working-directory', path: process?.cwd ?? '/' },
      ...(noNewPrivileges ? [{ kind: 'no-new-privileges' } as const, ...last] : []),
    ],
  };
}

function seccompStep(
  { seccomp }: CredentialInput,
  slots: Slots,
): { readonly takes: readonly TakeFile[]; readonly steps: readonly Seccomp[] } {
  if (seccomp === null) return { takes: [], steps: [] };
  const { program, flags, listener } = seccomp;
  if (listener === null) return { takes: [], steps: [{ kind: 'seccomp', program, flags, listener: null }] };
  const slot = slots.take();
  return {
    takes: [{ kind: 'take-file', slot, file: listener.file }],
    steps: [{ kind: 'seccomp', program, flags, listener: { slot, message: listener.message } }],
  };
}

/** Ids that the config gives need no question; HOME, when it does not give it, does. */
function lookup({ user, process }: CredentialInput): readonly Lookup[] {
  if (user.type === 'lookup') return [{ kind: 'lookup', user: user.user, groupAdd: user.groupAdd }];
  if (hasHome(process)) return [];
  return [{ kind: 'lookup', user: String(process?.user.uid ?? 0), groupAdd: [] }];
}

function identity({ user: source, process, setGroups }: CredentialInput): UserIdentity {
  if (source.type === 'lookup') return { type: 'looked-up', setGroups };
  const user = process?.user;
  return {
    type: 'ids',
    uid: user?.uid ?? 0,
    gid: user?.gid ?? 0,
    groups: user?.additionalGids ?? [],
    setGroups,
  };
}
