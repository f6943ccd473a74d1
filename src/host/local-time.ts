/** Moments in the time zone of the person: TZ, or /etc/localtime. */
import { addon } from '../native/addon.ts';

/**
 * As Go prints a moment, and docker with it.
 *
 * @param time milliseconds since 1970
 * @example localMoment(1_767_323_045_678) // '2026-01-02 04:04:05 +0100 CET'
 */
export const localMoment = (time: number): string => addon().localTime(Math.floor(time / 1000)) ?? utc(time);

/**
 * RFC 3339, to the second.
 *
 * @param time milliseconds since 1970
 * @example localRfc3339(1_767_323_045_678) // '2026-01-02T04:04:05+01:00'
 */
export function localRfc3339(time: number): string {
  const [date = '', clock = '', offset = ''] = localMoment(time).split(' ');
  return `${date}T${clock}${offset === '+0000' ? 'Z' : offset.replace(/\d\d$/, ':$&')}`;
}

/** Of a year that the C library's calendar does not have. */
const utc = (time: number): string => `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;
