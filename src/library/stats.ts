/** `stats`: what a running container uses, again and again. */
import { setTimeout as delay } from 'node:timers/promises';
import { readKept, requireLive } from '../container/kept/kept-container.ts';
import { readUsage, type UsageReading } from '../container/usage/reading.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import { type Abortable, aborted, signalOf } from './abort.ts';
import { now, type Stored } from './stored.ts';

/** How often. */
export interface StatsOptions extends Abortable {
  /** Milliseconds between two samples. Default: 1000. */
  readonly interval?: number;
}

/** What a container used at one moment. null: nobody counts it here. */
export interface UsageSample extends Omit<UsageReading, 'at'> {
  /** When it was read. */
  readonly time: Date;
  /** Of one processor, since the sample before; two that are busy are 200. null: it is the first. */
  readonly cpuPercent: number | null;
}

export async function* stats(stored: Stored, options: StatsOptions): AsyncGenerator<UsageSample> {
  const signal = signalOf(options);
  const { interval = 1000 } = options;
  const what = `reading what "${stored.name}" uses`;
  requireLive(now(stored), 'measure');
  for (let before: UsageReading | null = null; ; ) {
    if (signal.aborted) throw aborted(what, signal);
    const reading = readingOf(stored);
    if (reading === null) return;
    const due = performance.now() + interval;
    yield sampleOf(reading, before);
    before = reading;
    // An abort ends the pause; the loop says so.
    await delay(Math.max(0, due - performance.now()), undefined, { signal }).catch(() => {});
  }
}

export function usage(stored: Stored): UsageSample {
  requireLive(now(stored), 'measure');
  const reading = readingOf(stored);
  if (reading !== null) return sampleOf(reading, null);
  throw new TsrunError('CONTAINER_STATE', `cannot measure container "${stored.name}"`, { why: 'it has just ended' });
}

/** null: it does not run any more. */
function readingOf({ paths, id }: Stored): UsageReading | null {
  const container = readKept(paths, id);
  if (container === null) return null;
  const { state, record } = container;
  if (state.status !== 'running' && state.status !== 'paused') return null;
  return readUsage(record.cgroup, state.running.process.pid);
}

function sampleOf({ at, ...reading }: UsageReading, before: UsageReading | null): UsageSample {
  return { ...reading, time: new Date(), cpuPercent: percentOf({ at, ...reading }, before) };
}

function percentOf(reading: UsageReading, before: UsageReading | null): number | null {
  const [one, other] = [before?.cpuMicroseconds ?? null, reading.cpuMicroseconds];
  if (before === null || one === null || other === null || one.source !== other.source) return null;
  // A process that nobody waited for takes its time along.
  return Math.max(0, other.value - one.value) / 10 / (reading.at - before.at);
}
