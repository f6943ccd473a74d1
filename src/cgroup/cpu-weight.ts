/** cpu.shares of cgroup v1 (2 to 262144, usually 1024) as cpu.weight of cgroup v2 (1 to 10000, usually 100). */

const leastShares = 2;
const mostShares = 262_144;

/**
 * A quadratic in the logarithm through the three points 2 -> 1, 1024 -> 100 and 262144 -> 10000, as runc and crun have it
 * now. The straight line they used before gave a container with the usual share a weight of 39.
 *
 * @example cpuWeight(100) // 17
 */
export function cpuWeight(shares: number): number {
  if (shares <= leastShares) return 1;
  if (shares >= mostShares) return 10_000;
  const l = Math.log2(shares);
  const weight = 10 ** ((l * l + 125 * l) / 612 - 7 / 34);
  // Rounding up, but not for the last digits of a double: 1024 has to give 100.
  return Math.ceil(weight - 1e-9);
}
