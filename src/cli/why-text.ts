/** `why` for people: what it is about, each finding with where it stands, and the last lines of the log. */
import type { KeptContainer } from '../container/kept/kept-container.ts';
import type { LogEntry } from '../container/kept/log.ts';
import { exitCodeOfEnd } from '../container/kept/monitor-files.ts';
import type { Finding } from '../container/why/finding.ts';
import type { Why } from '../container/why/why.ts';
import { printable } from './printable.ts';

const headings: Readonly<Record<Finding['kind'], string>> = { cause: 'cause', near: 'near', unknown: 'unknown' };
const indent = '          ';

export function whyText(container: KeptContainer, { ran, findings }: Why, log: readonly LogEntry[]): string {
  const blocks =
    findings.length === 0
      ? [`${label('cause')}nothing is in its way: no limit is near, and nothing waits`]
      : findings.map(findingText);
  return [headline(container, ran), ...blocks, ...logText(log)].join('\n');
}

const label = (word: string): string => `  ${word.padEnd(indent.length - 2)}`;

function headline({ name, state }: KeptContainer, ran: number | null): string {
  const time = ran === null ? '' : duration(ran);
  switch (state.status) {
    case 'created':
      return `${name} has not run yet`;
    case 'running':
      return `${name} has run for ${time}`;
    case 'paused':
      return `${name} has run for ${time}, and is paused`;
    case 'restarting':
    case 'exited': {
      const after = time === '' ? '' : ` after ${time}`;
      return state.end.type === 'lost'
        ? `${name} was lost${after}`
        : `${name} exited ${exitCodeOfEnd(state.end)}${after}`;
    }
  }
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, seconds).toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.floor(minutes / 1440)} days`;
}

function findingText({ kind, what, evidence, advice }: Finding): string {
  const width = Math.max(0, ...evidence.map(({ source }) => source.length));
  return [
    `${label(headings[kind])}${printable(what)}`,
    ...evidence.map(({ source, value }) => `${indent}  ${source.padEnd(width)}  ${printable(value)}`.trimEnd()),
    ...(advice === null ? [] : [`${indent}try: ${printable(advice)}`]),
  ].join('\n');
}

function logText(log: readonly LogEntry[]): readonly string[] {
  const lines = log.map(
    ({ text, stream }) => `${stream === 'stdout' ? '' : `${stream}: `}${printable(text.toString('utf8'))}`,
  );
  return lines.map((line, at) => `${at === 0 ? label('log') : indent}${line}`);
}
