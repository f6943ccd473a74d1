/** Limits that were in a container's way: pure. */

import { type Finding, finding } from './finding.ts';
import { countOf, type GroupTexts, numberOf } from './group-counts.ts';

/** So much of a limit is near it. */
const close = 0.9;
/** Below this throttling is what a quota is for. */
const noticeable = 0.1;

/** @param size how bytes are written */
export function limitsMet(texts: GroupTexts, size: (bytes: number) => string): readonly Finding[] {
  return [...memory(texts, size), ...processor(texts), ...tasks(texts)];
}

function memory(texts: GroupTexts, size: (bytes: number) => string): readonly Finding[] {
  const limit = numberOf(texts, 'memory.max');
  const peak = numberOf(texts, 'memory.peak');
  const kills = countOf(texts, 'memory.events', 'oom_kill') ?? 0;
  const met = countOf(texts, 'memory.events', 'max') ?? 0;
  // Said already, and with more weight.
  if (limit === null || kills > 0) return [];
  const evidence = [
    { source: 'memory.max', value: size(limit) },
    ...(peak === null ? [] : [{ source: 'memory.peak', value: size(peak) }]),
    { source: 'memory.events: max', value: `${met}` },
  ];
  const advice = `give it more memory, for example -m ${size(limit * 2)}`;
  if (met > 0)
    return [
      finding('near', `it met its memory limit ${times(met)}, and the kernel had to take some back`, evidence, advice),
    ];
  if (peak !== null && peak >= limit * close) {
    return [finding('near', `it came close to its memory limit: ${percent(peak / limit)}`, evidence, advice)];
  }
  return [];
}

function processor(texts: GroupTexts): readonly Finding[] {
  const periods = countOf(texts, 'cpu.stat', 'nr_periods') ?? 0;
  const throttled = countOf(texts, 'cpu.stat', 'nr_throttled') ?? 0;
  if (periods === 0 || throttled / periods < noticeable) return [];
  const waited = (countOf(texts, 'cpu.stat', 'throttled_usec') ?? 0) / 1e6;
  return [
    finding(
      'near',
      `it was throttled in ${percent(throttled / periods)} of the periods of its CPU quota`,
      [
        { source: 'cpu.stat: nr_throttled', value: `${throttled} of ${periods}` },
        { source: 'cpu.stat: throttled_usec', value: `${waited.toFixed(1)} s of waiting` },
        { source: 'cpu.max', value: texts.get('cpu.max')?.trim() ?? '' },
      ],
      'give it more CPU time, --cpus',
    ),
  ];
}

function tasks(texts: GroupTexts): readonly Finding[] {
  const met = countOf(texts, 'pids.events', 'max') ?? 0;
  if (met === 0) return [];
  return [
    finding(
      'near',
      `it could not make a process or thread ${times(met)}: its limit was met`,
      [
        { source: 'pids.events: max', value: `${met}` },
        { source: 'pids.max', value: texts.get('pids.max')?.trim() ?? '' },
      ],
      'give it more, --pids-limit',
    ),
  ];
}

export const percent = (share: number): string => `${Math.round(share * 100)}%`;
export const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);
