/** Memory policies by name and number: set_mempolicy(2), include/uapi/linux/mempolicy.h. */

const modes = {
  MPOL_DEFAULT: 0,
  MPOL_PREFERRED: 1,
  MPOL_BIND: 2,
  MPOL_INTERLEAVE: 3,
  MPOL_LOCAL: 4,
  MPOL_PREFERRED_MANY: 5,
  MPOL_WEIGHTED_INTERLEAVE: 6,
} as const;

const flags = {
  MPOL_F_STATIC_NODES: 1 << 15,
  MPOL_F_RELATIVE_NODES: 1 << 14,
  MPOL_F_NUMA_BALANCING: 1 << 13,
} as const;

type Mode = keyof typeof modes;
type Flag = keyof typeof flags;

export const memoryPolicyModes = Object.keys(modes) as readonly Mode[];
export const memoryPolicyFlags = Object.keys(flags) as readonly Flag[];

/**
 * The first argument of set_mempolicy(2). Names are checked where the document is parsed; others count as nothing.
 *
 * @example memoryPolicyNumber('MPOL_BIND', ['MPOL_F_STATIC_NODES']) // 0x8002
 */
export function memoryPolicyNumber(mode: string, flagNames: readonly string[]): number {
  const bits = flagNames.reduce((sum, name) => sum | ((flags as Readonly<Record<string, number>>)[name] ?? 0), 0);
  return ((modes as Readonly<Record<string, number>>)[mode] ?? 0) | bits;
}
