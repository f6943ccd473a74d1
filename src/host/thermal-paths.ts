/** Counters of overheated processors: they tell one container what its neighbors do (GHSA-6fw5-f8r9-fgfm). */
import { existsSync, readdirSync } from 'node:fs';

/**
 * The directory thermal_throttle of every processor.
 *
 * @param system where the kernel lists processors
 */
export function thermalPaths(system = '/sys/devices/system/cpu'): readonly string[] {
  // All have one or none has: a virtual machine, another architecture.
  if (!existsSync(`${system}/cpu0/thermal_throttle`)) return [];
  return readdirSync(system)
    .filter((name) => /^cpu\d+$/.test(name))
    .map((name) => `${system}/${name}/thermal_throttle`)
    .filter((path) => existsSync(path));
}
