/** A fault of a network for people. */
import type { Fault } from '../network/fault.ts';

/** null: there is none. */
export function faultText(fault: Fault): string | null {
  switch (fault.type) {
    case 'none':
      return null;
    case 'cut':
      return 'cut: nothing comes or goes';
    case 'rate':
      return `slow: no more than ${rateText(fault.rate)} comes to it`;
    case 'disturbed': {
      const { latencyNanoseconds, jitterNanoseconds, loss, rate } = fault.netem;
      const jitter = jitterNanoseconds === 0 ? '' : ` more or less by ${timeText(jitterNanoseconds)}`;
      return [
        ...(latencyNanoseconds === 0 ? [] : [`late by ${timeText(latencyNanoseconds)}${jitter}`]),
        ...(loss === 0 ? [] : [`${short(loss * 100)}% lost`]),
        ...(rate === null ? [] : [`no more than ${rateText(rate)}`]),
      ].join(', ');
    }
  }
}

/** Of the kernel's fractions what a person wrote. */
const short = (value: number): string => String(Number(value.toPrecision(6)));

const timeText = (nanoseconds: number): string =>
  nanoseconds >= 1e9
    ? `${short(nanoseconds / 1e9)}s`
    : nanoseconds >= 1e6
      ? `${short(nanoseconds / 1e6)}ms`
      : `${short(nanoseconds / 1e3)}us`;

/** @param bytes per second */
function rateText(bytes: number): string {
  const bits = bytes * 8;
  for (const [unit, size] of [
    ['gbit', 1e9],
    ['mbit', 1e6],
    ['kbit', 1e3],
  ] as const) {
    if (bits >= size) return `${short(bits / size)}${unit}`;
  }
  return `${bits}bit`;
}
