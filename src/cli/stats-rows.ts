/** What containers use as rows: docker's columns and field names, and a few more. */
import type { Measured, UsageReading } from '../container/usage/reading.ts';
import type { TableShape } from './format-rows.ts';
import { binarySize, humanSize } from './human.ts';

/** Two readings of a container, the second one later; null: it does not run, or there is no earlier one. */
export interface Sample {
  readonly id: string;
  readonly name: string;
  readonly before: UsageReading | null;
  readonly now: UsageReading | null;
}

/** The keys are docker's, down to PIDs; then ours. */
export interface StatsRow extends Readonly<Record<string, string>> {
  readonly Container: string;
  readonly ID: string;
  readonly Name: string;
  readonly CPUPerc: string;
  readonly MemUsage: string;
  readonly MemPerc: string;
  readonly NetIO: string;
  readonly BlockIO: string;
  readonly PIDs: string;
  readonly PIDsLimit: string;
  /** Of the periods since the last reading, those in which it had to wait for its quota. */
  readonly Throttled: string;
  /** Of the last ten seconds, the time in which some of its tasks waited. */
  readonly CPUPressure: string;
  readonly MemPressure: string;
  readonly IOPressure: string;
}

/** docker's word for what is not known. */
const unknown = '--';

/** @param width `short`: ids of twelve digits */
export function statsRow({ id, name, before, now }: Sample, width: 'short' | 'full'): StatsRow {
  const { memory = null, network = null, blockIo = null, tasks = null, stalled } = now ?? {};
  const shown = width === 'full' ? id : id.slice(0, 12);
  return {
    Container: shown,
    ID: shown,
    Name: name,
    CPUPerc: cpu(before, now),
    MemUsage:
      now === null ? `${unknown} / ${unknown}` : `${measured(memory, binarySize)} / ${binarySize(now.memoryLimit)}`,
    MemPerc: now === null ? unknown : measured(memory, (bytes) => percent(bytes / now.memoryLimit)),
    NetIO: pair(network?.received, network?.sent),
    BlockIO: pair(blockIo?.read, blockIo?.written),
    PIDs: measured(tasks, String),
    PIDsLimit: now === null ? unknown : `${now.tasksLimit ?? 'none'}`,
    Throttled: throttled(before, now),
    CPUPressure: stall(stalled?.cpu),
    MemPressure: stall(stalled?.memory),
    IOPressure: stall(stalled?.io),
  };
}

/** A sum over the processes that live is no count of the kernel's. */
const measured = (value: Measured | null, text: (value: number) => string): string =>
  value === null ? unknown : `${value.source === 'processes' ? '~' : ''}${text(value.value)}`;

const percent = (share: number): string => `${(share * 100).toFixed(2)}%`;
const pair = (one: number | undefined, other: number | undefined): string =>
  one === undefined || other === undefined ? unknown : `${humanSize(one)} / ${humanSize(other)}`;
const stall = (value: number | null | undefined): string => (value == null ? unknown : `${value.toFixed(2)}%`);

/** Of one processor, as docker: two that are busy are 200%. */
function cpu(before: UsageReading | null, now: UsageReading | null): string {
  const then = before?.cpuMicroseconds ?? null;
  const used = now?.cpuMicroseconds ?? null;
  if (before === null || now === null || then === null || used === null || then.source !== used.source) return unknown;
  const elapsed = (now.at - before.at) * 1000;
  // A process that nobody waited for takes its time along.
  return measured({ ...used, value: Math.max(0, used.value - then.value) / elapsed }, percent);
}

function throttled(before: UsageReading | null, now: UsageReading | null): string {
  if (!now?.throttling || !before?.throttling) return unknown;
  const periods = now.throttling.periods - before.throttling.periods;
  return periods <= 0 ? percent(0) : percent((now.throttling.throttled - before.throttling.throttled) / periods);
}

const usual = ['ID', 'Name', 'CPUPerc', 'MemUsage', 'MemPerc', 'NetIO', 'BlockIO', 'PIDs'] as const;
const more = ['PIDsLimit', 'Throttled', 'CPUPressure', 'MemPressure', 'IOPressure'] as const;

const headings: StatsRow = {
  Container: 'CONTAINER',
  ID: 'CONTAINER ID',
  Name: 'NAME',
  CPUPerc: 'CPU %',
  MemUsage: 'MEM USAGE / LIMIT',
  MemPerc: 'MEM %',
  NetIO: 'NET I/O',
  BlockIO: 'BLOCK I/O',
  PIDs: 'PIDS',
  PIDsLimit: 'PIDS LIMIT',
  Throttled: 'THROTTLED',
  CPUPressure: 'CPU WAIT',
  MemPressure: 'MEM WAIT',
  IOPressure: 'I/O WAIT',
};

/** As docker's table; with more where somebody wants it. */
export const statsTable = (wide: boolean): TableShape => ({
  headings,
  columns: [...usual, ...(wide ? more : [])].map((field) => `{{.${field}}}`).join('\t'),
});
