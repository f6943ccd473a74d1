/** Sizes and times as people read them, in docker's words. */

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/**
 * Powers of 1000, three digits or four: what docker shows and what disks are sold by.
 * @example humanSize(7_797_760) // '7.8MB'
 */
export function humanSize(bytes: number, digits: 3 | 4 = 3): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${Number(value.toPrecision(digits))}${units[unit]}`;
}

const binaryUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/**
 * Powers of 1024, four digits: how memory is counted.
 * @example binarySize(3_432_448) // '3.273MiB'
 */
export function binarySize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < binaryUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number(value.toPrecision(4))}${binaryUnits[unit]}`;
}

const steps: readonly (readonly [number, string])[] = [
  [60, 'second'],
  [60, 'minute'],
  [24, 'hour'],
  [7, 'day'],
  [4.348, 'week'],
  [12, 'month'],
  [Number.POSITIVE_INFINITY, 'year'],
];

/**
 * @param seconds how long ago; what lies in the future reads as now.
 * @example humanAge(3 * 86400) // '3 days ago'
 */
export function humanAge(seconds: number): string {
  let value = Math.max(0, seconds);
  for (const [count, name] of steps) {
    // docker keeps a unit until two of the next one are full.
    if (value < count * 2 || count === Number.POSITIVE_INFINITY) {
      const whole = Math.floor(value);
      return `${whole} ${name}${whole === 1 ? '' : 's'} ago`;
    }
    value /= count;
  }
  return '';
}

/** @example counted(1, 'image') // '1 image' */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
