/** `--since` and `--until`: docker's ways to name a moment. */
import { badValue } from './bad-value.ts';

const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/**
 * @param now milliseconds since 1970
 * @returns RFC 3339 in UTC with nine digits behind the second, comparable as text
 * @throws TsrunError USAGE
 * @example logTime('10m', '--since', Date.parse('2026-01-02T03:14:05Z')) // '2026-01-02T03:04:05.000000000Z'
 */
export function logTime(text: string, flag: string, now: number): string {
  // As `logs -t` prints it: a Date would drop the digits behind the millisecond.
  const exact = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text);
  if (exact !== null) return `${exact[1]}.${(exact[2] ?? '').padEnd(9, '0')}Z`;
  const at = momentOf(text, now);
  if (at !== null && Number.isFinite(at)) return new Date(at).toISOString().replace('Z', '000000Z');
  throw badValue(
    flag,
    text,
    'it is no moment',
    'write 2026-01-02T03:04:05Z, seconds since 1970, or an age such as 90s, 10m or 1h30m',
  );
}

function momentOf(text: string, now: number): number | null {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) {
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
    return now - parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0);
  }
  return /^\d{4}-/.test(text) ? Date.parse(text) : null;
}
