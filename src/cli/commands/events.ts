/** `tsrun events`: docker's stream of what happens. */
import type { Command } from 'commander';
import { eventFilter } from '../../container/event-filter.ts';
import { followEvents } from '../../container/follow-events.ts';
import { logTime } from '../../container/request/moment.ts';
import type { CommandContext } from '../command-table.ts';
import { eventPrinter, eventTime } from '../event-rows.ts';
import { appendCondition } from '../filter-condition.ts';
import { print } from '../output.ts';

interface Flags {
  readonly since?: string;
  readonly until?: string;
  readonly filter: readonly string[];
  readonly format?: string;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .option(
      '--since <time>',
      'those from then on too: 2026-01-02T03:04:05Z, seconds since 1970, or 10m for ten minutes ago',
    )
    .option('--until <time>', 'end then; a time that has passed ends it at once')
    .option(
      '-f, --filter <condition>',
      'container, image, volume, event, type or label, as in event=die',
      appendCondition,
      [],
    )
    .option('--format <format>', "json, or a template such as '{{.Actor.Attributes.name}} {{.Action}}'")
    .action(async ({ since, until, filter, format }: Flags) => {
      const now = Date.now();
      const from = since === undefined ? null : logTime(since, '--since', now);
      const to = until === undefined ? null : logTime(until, '--until', now);
      const shows = eventFilter(filter);
      const text = eventPrinter(format);
      const paths = session.paths();
      let first = true;
      for await (const events of followEvents(paths, end(to, now))) {
        // Without --since only what happens from now on.
        const wanted = (first && from === null && to === null ? [] : events).filter((event) => {
          const time = eventTime(event);
          return (from === null || time >= from) && (to === null || time <= to) && shows(event);
        });
        first = false;
        if (wanted.length > 0) print(wanted.map(text).join('\n'));
      }
    });
}

/** null: no waiting for more. */
function end(until: string | null, now: number): AbortSignal | null {
  if (until === null) return new AbortController().signal;
  const left = Date.parse(until) - now;
  // The longest that a timer takes: 24 days.
  return left <= 0 ? null : AbortSignal.timeout(Math.min(left, 2 ** 31 - 1));
}
