/** `--explain`: the steps of a plan told as they are done, from the plan itself. */
import type { Plan, Step } from '../plan.ts';
import { describeStep } from './describe.ts';
import { groupsOf, groupText, type StepGroup } from './groups.ts';
import { ShellContext, stepShell } from './shell-step.ts';
import { type PlaceNames, quote } from './shell-words.ts';

/** How wide a headline is before its time. */
const column = 76;

/**
 * Listens to a start and gives out lines, each once: a group of steps when its last one is done.
 *
 * A step that failed without ending the start is never reported done; the next one that is closes its group.
 */
export class Narration {
  readonly #before: number;
  readonly #plan: Plan;
  readonly #places: PlaceNames;
  readonly #format: 'text' | 'commands';
  readonly #shell: ShellContext;
  readonly #groups: readonly StepGroup[];
  readonly #times = new Map<number, number>();
  #told = 0;
  #pid: number | null = null;
  #lines: string[] = [];

  /** @param before how many steps were told before those of the plan */
  constructor(plan: Plan, places: PlaceNames, format: 'text' | 'commands', before: number) {
    this.#before = before;
    this.#plan = plan;
    this.#places = places;
    this.#format = format;
    this.#shell = new ShellContext(plan, places, 'sh', null);
    this.#groups = groupsOf(plan.steps);
    this.#lines.push(...(format === 'commands' ? this.#variables() : this.#legend()));
  }

  /** A step was done; `pid`: the new process as the host sees it, once there is one. */
  done(step: number, nanoseconds: number, pid: number | null): void {
    this.#times.set(step, nanoseconds);
    this.#pid = pid ?? this.#pid;
    this.#tellUpTo(step + 1);
  }

  /** What there is to say now. */
  take(): readonly string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  /** The rest: steps that are done without a report, the two sides of the new process, the sum. */
  end(): readonly string[] {
    this.#tellUpTo(this.#plan.steps.length);
    if (this.#format === 'text') this.#lines.push(...this.#summary());
    return this.take();
  }

  #tellUpTo(step: number): void {
    for (let group = this.#groups[this.#told]; group !== undefined; group = this.#groups[++this.#told]) {
      if (group.first + group.steps.length > step) return;
      this.#lines.push(
        ...(this.#format === 'text' ? this.#tell(group, this.#before + this.#told + 1) : this.#commands(group)),
      );
    }
  }

  #tell(group: StepGroup, number: number): readonly string[] {
    const { headline, details, why, where } = groupText(group);
    const time = this.#time(group);
    const comment = (text: string): string => this.#shell.places.comment(text);
    return [
      ...toldStep(number, { headline: comment(headline), details: details.map(comment), why, where, time }),
      ...(group.steps[0]?.kind === 'clone' ? this.#sides() : []),
    ];
  }

  #time({ first, steps }: StepGroup): string {
    const times = steps.map((_, offset) => this.#times.get(first + offset)).filter((time) => time !== undefined);
    if (times.length > 0) return milliseconds(times.reduce((sum, time) => sum + time, 0));
    const kind = steps[0]?.kind;
    return kind === 'seccomp' || kind === 'exec' ? '' : 'not done';
  }

  /** The same process from outside and from inside. */
  #sides(): readonly string[] {
    const clone = this.#plan.steps.find((step) => step.kind === 'clone');
    if (this.#pid === null || clone === undefined) return [];
    const isJoined = this.#plan.steps.some((step) => step.kind === 'join' && step.namespaces.includes('pid'));
    const inside = clone.namespaces.includes('pid')
      ? '1'
      : isJoined
        ? 'another number: that of the pid namespace it joined'
        : `${this.#pid} too: no pid namespace of its own`;
    return [`      the host sees it as process ${this.#pid}, the container sees ${inside}`];
  }

  #summary(): readonly string[] {
    const sum = [...this.#times.values()].reduce((total, time) => total + time, 0);
    const map = this.#plan.steps.find((step) => step.kind === 'id-map');
    const root = map?.uids.find(({ container }) => container === 0);
    return [
      `    ${`${this.#plan.steps.length} steps; their calls took`.padEnd(column)} ${milliseconds(sum)}`,
      ...(this.#pid === null ? [] : [`    from outside: ls -l /proc/${this.#pid}/ns; cat /proc/${this.#pid}/cgroup`]),
      root === undefined
        ? '    user ids: the same inside and outside'
        : `    user ids: root inside is ${root.host} outside`,
      '',
    ];
  }

  /** The long names once, so that the lines below are short. */
  #legend(): readonly string[] {
    const { directory, cgroup } = this.#places;
    return [
      `    $C is ${directory}`,
      '    $R is $C/rootfs, where the root filesystem is mounted',
      ...(cgroup === null ? [] : [`    $G is ${cgroup}`]),
    ];
  }

  #variables(): readonly string[] {
    const { directory, cgroup } = this.#places;
    return [`C=${quote(directory)} R=$C/rootfs`, ...(cgroup === null ? [] : [`G=${quote(cgroup)}`])];
  }

  #commands({ steps }: StepGroup): readonly string[] {
    return steps.flatMap((step) => commandsOf(step, this.#shell));
  }
}

/** What is told of a step, or of what was done before the first. */
export interface ToldStep {
  readonly headline: string;
  readonly details: readonly string[];
  readonly why: string;
  readonly where: string;
  readonly time: string;
}

export const toldStep = (number: number, { headline, details, why, where, time }: ToldStep): readonly string[] => [
  `${`${number}`.padStart(2)}  ${headline.padEnd(column)} ${time}`.trimEnd(),
  ...details.map((detail) => `      ${detail}`),
  `      why: ${why}  [${where}]`,
];

/** What is a comment only gets the step's name in front, so that nothing is missing without a word. */
function commandsOf(step: Step, shell: ShellContext): readonly string[] {
  const lines = stepShell(step, shell);
  return lines.every((line) => line.startsWith('#'))
    ? [`# ${shell.places.comment(describeStep(step))}`, ...lines]
    : lines;
}

export const milliseconds = (nanoseconds: number): string => `${(nanoseconds / 1e6).toFixed(2).padStart(8)} ms`;
