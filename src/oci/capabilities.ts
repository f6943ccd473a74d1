/** Capabilities by name and number, capabilities(7) and include/uapi/linux/capability.h. */

/** In the kernel's order: the index is the number. */
export const capabilityNames = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
  'CAP_AUDIT_CONTROL',
  'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE',
  'CAP_MAC_ADMIN',
  'CAP_SYSLOG',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_AUDIT_READ',
  'CAP_PERFMON',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
] as const;

export type CapabilityName = (typeof capabilityNames)[number];

const numbers: ReadonlyMap<string, number> = new Map(capabilityNames.map((name, number) => [name, number]));

/**
 * The number of a capability, or null for a name that does not exist.
 *
 * @example capabilityNumber('CAP_SYS_ADMIN') // 21
 */
export const capabilityNumber = (name: string): number | null => numbers.get(name) ?? null;

/** Whether a string is the full upper-case name of a capability. */
export const isCapabilityName = (name: string): name is CapabilityName => numbers.has(name);

/** The name of a capability number; unknown numbers read as `CAP_57`. */
export const capabilityName = (number: number): string => capabilityNames[number] ?? `CAP_${number}`;

/**
 * A set of capabilities as the kernel's bit mask.
 *
 * @throws RangeError for a name that does not exist: callers check names where they enter.
 * @example capabilityMask(['CAP_CHOWN', 'CAP_SETUID']) // 0x81n
 */
export function capabilityMask(names: readonly string[]): bigint {
  let mask = 0n;
  for (const name of names) {
    const number = capabilityNumber(name);
    if (number === null) throw new RangeError(`there is no capability "${name}"`);
    mask |= 1n << BigInt(number);
  }
  return mask;
}

/** Every capability that a kernel knows, given the content of /proc/sys/kernel/cap_last_cap. */
export const capabilitiesUpTo = (last: number): readonly CapabilityName[] => capabilityNames.slice(0, last + 1);
