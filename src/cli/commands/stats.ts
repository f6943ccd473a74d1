/** `tsrun stats [CONTAINER...]`: docker's table of what containers use, live on a terminal. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { findKept } from '../../container/kept/find-kept.ts';
import { type KeptContainer, readKept } from '../../container/kept/kept-container.ts';
import { listKept } from '../../container/kept/list-kept.ts';
import { readUsage, type UsageReading } from '../../container/usage/reading.ts';
import type { Paths } from '../../host/paths.ts';
import type { CommandContext } from '../command-table.ts';
import { formatRows } from '../format-rows.ts';
import { LiveScreen } from '../live-screen.ts';
import { print } from '../output.ts';
import { type Sample, statsRow, statsTable } from '../stats-rows.ts';

interface Flags {
  readonly all?: boolean;
  /** False with --no-stream. */
  readonly stream: boolean;
  readonly trunc: boolean;
  readonly wide?: boolean;
  readonly format?: string;
}

/** Milliseconds between two readings. */
const interval = 1000;

const never = new AbortController().signal;

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('[container...]', 'names or ids; without one, all that run')
    .option('-a, --all', 'those that do not run too')
    .option('--no-stream', 'once')
    .option('--no-trunc', 'whole ids')
    .option('-w, --wide', 'limits of processes, throttling and pressure too')
    .option('--format <format>', "table, json, or a template such as '{{.Name}}: {{.CPUPerc}}'")
    .action(async (words: readonly string[], flags: Flags) => {
      const paths = session.paths();
      // One that does not exist is told at once, one that is removed later goes from the table.
      const named = words.map((word) => findKept(paths, word).id);
      const watch = new Watch(paths, words.length === 0 ? null : named, flags.all === true);
      const first = await watch.next(never);
      const table = (flags.format ?? 'table').startsWith('table');
      if (!flags.stream || !table || !process.stdout.isTTY) await printed(watch, flags);
      else await live(first, watch, flags);
    });
}

/** Reads again and again, and remembers what it read before. */
class Watch {
  readonly #paths: Paths;
  readonly #named: readonly string[] | null;
  readonly #all: boolean;
  #before = new Map<string, UsageReading>();
  #due = performance.now();

  constructor(paths: Paths, named: readonly string[] | null, all: boolean) {
    this.#paths = paths;
    this.#named = named;
    this.#all = all;
  }

  /** Resolves when it is time for the next reading, or at once when somebody has seen enough. */
  async next(ended: AbortSignal): Promise<readonly Sample[]> {
    await delay(Math.max(0, this.#due - performance.now()), undefined, { signal: ended }).catch(() => {});
    this.#due = performance.now() + interval;
    const samples = this.#containers().map((container) => this.#sample(container));
    this.#before = new Map(samples.flatMap(({ id, now }) => (now === null ? [] : [[id, now]])));
    return samples;
  }

  #containers(): readonly KeptContainer[] {
    if (this.#named !== null) return this.#named.flatMap((id) => readKept(this.#paths, id) ?? []);
    return listKept(this.#paths).filter(({ state }) => this.#all || isLive(state));
  }

  #sample({ id, name, record, state }: KeptContainer): Sample {
    const now = isLive(state) ? readUsage(record.cgroup, state.running.process.pid) : null;
    return { id, name, before: this.#before.get(id) ?? null, now };
  }
}

const isLive = (
  state: KeptContainer['state'],
): state is Extract<KeptContainer['state'], { readonly status: 'running' | 'paused' }> =>
  state.status === 'running' || state.status === 'paused';

/** For a pipe, a file, a program: one block after the other. */
async function printed(watch: Watch, flags: Flags): Promise<void> {
  for (let isFirst = true; ; isFirst = false) {
    const text = statsText(await watch.next(never), flags);
    if (text !== '') print(isFirst || !(flags.format ?? 'table').startsWith('table') ? text : `\n${text}`);
    if (!flags.stream) return;
  }
}

/** The first reading has no rates yet, and is shown all the same. */
async function live(first: readonly Sample[], watch: Watch, flags: Flags): Promise<void> {
  using screen = new LiveScreen();
  screen.draw(statsText(first, flags));
  while (!screen.ended.aborted) {
    const samples = await watch.next(screen.ended);
    if (!screen.ended.aborted) screen.draw(statsText(samples, flags));
  }
}

function statsText(samples: readonly Sample[], { format, trunc, wide }: Flags): string {
  const rows = samples.map((sample) => statsRow(sample, trunc ? 'short' : 'full'));
  return formatRows(rows, format, statsTable(wide === true));
}
