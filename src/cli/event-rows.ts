/** An event as a line: docker's words, docker's JSON, or a template over docker's field names. */
import type { Event } from '../events/event.ts';
import { compileTemplate } from './template.ts';

/** @throws TsrunError USAGE for a template that cannot be understood */
export function eventPrinter(format: string | undefined): (event: Event) => string {
  if (format === undefined) return eventLine;
  if (format === 'json') return eventJson;
  const template = compileTemplate(format);
  return (event) => template(templateFields(event));
}

/** RFC 3339 in UTC with nine digits behind the second, as `logs -t` has it. */
export function eventTime({ time }: Event): string {
  const date = new Date(Number(time / 1_000_000n)).toISOString().slice(0, 19);
  return `${date}.${String(time % 1_000_000_000n).padStart(9, '0')}Z`;
}

function eventLine(event: Event): string {
  const { type, action, id } = event;
  const attributes = sorted(event)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
  return `${eventTime(event)} ${type} ${action} ${id} (${attributes})`;
}

const sorted = ({ attributes }: Event): readonly (readonly [string, string])[] =>
  Object.entries(attributes).toSorted(([one], [other]) => (one < other ? -1 : 1));

function eventJson(event: Event): string {
  const { type, action, id, time } = event;
  const members = JSON.stringify({
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: Object.fromEntries(sorted(event)) },
    scope: 'local',
    time: Number(time / 1_000_000_000n),
  });
  // Nanoseconds are more than a number of JavaScript holds.
  return `${members.slice(0, -1)},"timeNano":${time}}`;
}

const templateFields = ({ type, action, id, attributes, time }: Event): Readonly<Record<string, unknown>> => ({
  Type: type,
  Action: action,
  Actor: { ID: id, Attributes: attributes },
  Scope: 'local',
  Time: Number(time / 1_000_000_000n),
  TimeNano: String(time),
  // What docker had before it had actors.
  ID: id,
  Status: action,
  From: attributes['image'] ?? '',
});
