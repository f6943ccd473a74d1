/** `linux.seccomp` in libseccomp's numbers: what the compiler in native/addon/seccomp.cc takes. */
import { EPERM } from './errno.ts';
import type { OciSeccomp, OciSeccompArg, OciSyscallRule, SeccompAction, SeccompOperator } from './seccomp.ts';

export interface SeccompComparison {
  readonly index: number;
  /** enum scmp_compare of seccomp.h. */
  readonly operator: number;
  readonly value: bigint;
  readonly valueTwo: bigint;
}

export interface SeccompFilterRule {
  readonly names: readonly string[];
  /** SECCOMP_RET_ value, with errno or message in the low half. */
  readonly action: number;
  readonly args: readonly SeccompComparison[];
  /** false: the default says the same, the names only count as known. libseccomp refuses such a rule with EACCES. */
  readonly adds: boolean;
}

export interface SeccompFilter {
  readonly defaultAction: number;
  /** SCMP_ARCH_ names beside the machine's own, which is always in. */
  readonly architectures: readonly string[];
  readonly rules: readonly SeccompFilterRule[];
}

/** SECCOMP_RET_ values of linux/seccomp.h. */
const actions: Readonly<Record<SeccompAction, number>> = {
  SCMP_ACT_KILL: 0x0000_0000,
  SCMP_ACT_KILL_THREAD: 0x0000_0000,
  SCMP_ACT_KILL_PROCESS: 0x8000_0000,
  SCMP_ACT_TRAP: 0x0003_0000,
  SCMP_ACT_ERRNO: 0x0005_0000,
  SCMP_ACT_NOTIFY: 0x7fc0_0000,
  SCMP_ACT_TRACE: 0x7ff0_0000,
  SCMP_ACT_LOG: 0x7ffc_0000,
  SCMP_ACT_ALLOW: 0x7fff_0000,
};

/** enum scmp_compare of seccomp.h. */
const operators: Readonly<Record<SeccompOperator, number>> = {
  SCMP_CMP_NE: 1,
  SCMP_CMP_LT: 2,
  SCMP_CMP_LE: 3,
  SCMP_CMP_EQ: 4,
  SCMP_CMP_GE: 5,
  SCMP_CMP_GT: 6,
  SCMP_CMP_MASKED_EQ: 7,
};

/** SECCOMP_FILTER_FLAG_ bits of linux/seccomp.h. */
const flagBits: Readonly<Record<string, number>> = {
  SECCOMP_FILTER_FLAG_TSYNC: 1 << 0,
  SECCOMP_FILTER_FLAG_LOG: 1 << 1,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 1 << 2,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 1 << 5,
};

/** In the order of the specification's list. */
export const seccompActions = Object.keys(actions) as readonly SeccompAction[];
export const seccompOperators = Object.keys(operators) as readonly SeccompOperator[];
export const seccompFlagNames: readonly string[] = Object.keys(flagBits);
/** The bit of a flag; 0: there is none of that name. */
export const seccompFlagBit = (name: string): number => flagBits[name] ?? 0;

export const isSeccompAction = (name: string): name is SeccompAction => Object.hasOwn(actions, name);
export const isSeccompOperator = (name: string): name is SeccompOperator => Object.hasOwn(operators, name);
export const isSeccompFlag = (name: string): boolean => Object.hasOwn(flagBits, name);

/**
 * Translates the document to numbers.
 */
export function seccompFilter(seccomp: OciSeccomp): SeccompFilter {
  const defaultAction = actionValue(seccomp.defaultAction, seccomp.defaultErrnoRet);
  return {
    defaultAction,
    architectures: seccomp.architectures ?? [],
    rules: (seccomp.syscalls ?? []).flatMap((rule) => filterRules(rule, defaultAction)),
  };
}

/** The flags for seccomp(2). No flags at all means the speculation mitigation is left to the process, as in runc. */
export function seccompFlags(seccomp: OciSeccomp): number {
  const flags = seccomp.flags ?? ['SECCOMP_FILTER_FLAG_SPEC_ALLOW'];
  const bits = flags.reduce((sum, flag) => sum | seccompFlagBit(flag), 0);
  // The process that installs the filter has one thread, and the kernel refuses a listener with TSYNC, and the wait without one.
  const { SECCOMP_FILTER_FLAG_TSYNC: sync = 0, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: wait = 0 } = flagBits;
  return asksListener(seccomp) ? (bits | newListener) & ~sync : bits & ~wait;
}

/** SECCOMP_FILTER_FLAG_NEW_LISTENER of linux/seccomp.h. */
const newListener = 1 << 3;

/** Whether a rule asks somebody outside. */
export const asksListener = (seccomp: OciSeccomp): boolean =>
  seccomp.syscalls?.some(({ action }) => action === 'SCMP_ACT_NOTIFY') ?? false;

function actionValue(action: SeccompAction, errnoRet: number | undefined): number {
  const takesData = action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE';
  const data = takesData ? (errnoRet ?? EPERM) & 0xffff : 0;
  return (actions[action] | data) >>> 0;
}

/** Two comparisons of one argument mean "or" in profile files, and libseccomp takes only one for each: one rule each. */
function filterRules(rule: OciSyscallRule, defaultAction: number): readonly SeccompFilterRule[] {
  const action = actionValue(rule.action, rule.errnoRet);
  const args = (rule.args ?? []).map(comparison);
  const repeated = new Set(args.map((arg) => arg.index)).size !== args.length;
  const alternatives = repeated ? args.map((arg) => [arg]) : [args];
  return alternatives.map((each) => ({ names: rule.names, action, args: each, adds: action !== defaultAction }));
}

const comparison = (arg: OciSeccompArg): SeccompComparison => ({
  index: arg.index,
  operator: operators[arg.op],
  value: BigInt(arg.value),
  valueTwo: BigInt(arg.valueTwo ?? 0),
});
