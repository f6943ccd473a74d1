/** Neighbouring steps of one family, so that sixty steps read as twenty. */
import type { Step } from '../plan.ts';
import { actorOf } from './actor.ts';
import { describeStep } from './describe.ts';
import { detailOf } from './detail.ts';
import { oneLine } from './shell-words.ts';
import { why } from './why.ts';

/** Steps that stand together in a plan: consecutive ones of one family. */
export interface StepGroup {
  readonly first: number;
  readonly steps: readonly Step[];
}

interface Family {
  readonly headline: string;
  /** Whether its members are short enough to stand in one line. */
  readonly short: boolean;
}

/** Kinds that are told together; one that is not here is a group of one. */
const families: Readonly<Partial<Record<Step['kind'], Family>>> = {
  'cgroup-enable': { headline: 'hand controllers on', short: false },
  'cgroup-write': { headline: 'set limits', short: true },
  'open-tree': { headline: "open the host's directories", short: true },
  'open-path': { headline: "open the image's layers and the writable directory", short: true },
  'raise-rlimit': { headline: 'make room for resource limits', short: true },
  rlimit: { headline: 'set resource limits', short: true },
  mount: { headline: 'mount new filesystems', short: false },
  bind: { headline: 'bind files and directories of the host', short: false },
  remount: { headline: 'change mounts', short: false },
  device: { headline: 'make devices', short: true },
  symlink: { headline: 'make links', short: true },
  sysctl: { headline: 'set kernel parameters', short: false },
  'mask-path': { headline: 'hide paths', short: true },
  'readonly-path': { headline: 'make paths read-only', short: true },
};

/** The plan cut into groups, in its order. */
export function groupsOf(steps: readonly Step[]): readonly StepGroup[] {
  const groups: { first: number; steps: Step[] }[] = [];
  for (const [index, step] of steps.entries()) {
    const last = groups.at(-1);
    if (last !== undefined && families[step.kind] !== undefined && last.steps[0]?.kind === step.kind)
      last.steps.push(step);
    else groups.push({ first: index, steps: [step] });
  }
  return groups;
}

/** What a group did, for people: a headline, details, the reason. */
export function groupText({ steps }: StepGroup): {
  readonly headline: string;
  readonly details: readonly string[];
  readonly why: string;
  readonly where: string;
} {
  const [first] = steps;
  if (first === undefined) throw new RangeError('a group has steps');
  const family = families[first.kind];
  const single = steps.length === 1 || family === undefined;
  const headline = single ? describeStep(first) : `${family.headline} (${steps.length})`;
  const details = single ? [detailOf(first)] : steps.map((step) => detailOf(step) ?? describeStep(step));
  const said = details.filter((detail) => detail !== null).map(oneLine);
  return {
    headline: oneLine(headline),
    details: family?.short === true ? filled(said) : said,
    why: why[first.kind],
    where: { monitor: 'outside', parent: 'outside, on the waiting process', init: 'inside' }[actorOf(first.kind)],
  };
}

/** Short texts one after the other, in lines of some ninety characters. */
function filled(texts: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + text.length < 90) lines[lines.length - 1] = `${last}, ${text}`;
    else lines.push(text);
  }
  return lines;
}
