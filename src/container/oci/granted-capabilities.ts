/** Capabilities that a document lists and nobody can grant: told and left out (runtime-spec, config.md#linux-process). */
import { lastCapability } from '../../host/facts.ts';
import { boundingSet, permittedSet } from '../../host/own-capabilities.ts';
import { capabilityNumber } from '../../oci/capabilities.ts';
import type { OciCapabilities, OciProcess } from '../../oci/config.ts';

export interface GrantedCapabilities<Process> {
  readonly process: Process;
  /** What is left out and why; a sentence for each reason. */
  readonly notes: readonly string[];
}

/**
 * @param userns of the process: the first in another one has them all, user_namespaces(7)
 */
export function grantedCapabilities<Process extends OciProcess>(
  process: Process,
  userns: "the caller's" | 'another',
): GrantedCapabilities<Process> {
  const asked = process.capabilities ?? {};
  const names = new Set(Object.values(asked).flat() as readonly string[]);
  const highest = lastCapability();
  const ours = userns === 'another' ? -1n : boundingSet() & permittedSet();
  const unknown: string[] = [];
  const lacking: string[] = [];
  for (const name of names) {
    const number = capabilityNumber(name);
    if (number === null || number > highest) unknown.push(name);
    else if (((ours >> BigInt(number)) & 1n) === 0n) lacking.push(name);
  }
  if (unknown.length + lacking.length === 0) return { process, notes: [] };
  const lost = new Set([...unknown, ...lacking]);
  const keep = (list: readonly string[]): readonly string[] => list.filter((name) => !lost.has(name));
  const entries = Object.entries(asked) as readonly (readonly [keyof OciCapabilities, readonly string[]])[];
  const capabilities: OciCapabilities = Object.fromEntries(entries.map(([set, list]) => [set, keep(list)]));
  return {
    process: { ...process, capabilities },
    notes: [...noted(unknown, 'the kernel knows none of that name'), ...noted(lacking, 'the caller does not have it')],
  };
}

const noted = (names: readonly string[], why: string): readonly string[] =>
  names.length === 0
    ? []
    : [`process.capabilities ${names.map((name) => JSON.stringify(name)).join(', ')}: ${why}; left out`];
