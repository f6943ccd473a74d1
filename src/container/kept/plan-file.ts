/** The plan that a container was started with last: its file `plan.json`, for who asks how it was made. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan, Step } from '../../plan/plan.ts';
import { planToJson } from '../../plan/render/json.ts';

const planFile = 'plan.json';

export const writePlan = (directory: string, plan: Plan): void =>
  writeFileSync(join(directory, planFile), planToJson(plan), { mode: 0o600 });

/** As `--dry-run=json` prints it. */
export type StoredPlan = Readonly<Record<string, unknown>>;

/** null: it is not whole, or there is none. */
export function readPlan(directory: string): StoredPlan | null {
  try {
    return JSON.parse(readFileSync(join(directory, planFile), 'utf8')) as StoredPlan;
  } catch {
    return null;
  }
}

/** The directories below the container's own layer, the uppermost first; none: it was started without an overlay. */
export function lowerDirectories(plan: StoredPlan | null): readonly string[] {
  // Written by planToJson from typed steps, in a directory of ours.
  const steps = (plan?.['steps'] ?? []) as readonly Step[];
  const overlay = steps.find((step) => step.kind === 'overlay');
  return (overlay?.lower ?? []).map((slot) => openedAs(steps, slot));
}

function openedAs(steps: readonly Step[], slot: number): string {
  for (const step of steps) {
    if (step.kind === 'open-path' && step.slot === slot) return step.path;
    if (step.kind === 'open-tree' && step.slot === slot) return step.source;
  }
  throw new Error(`no step of the stored plan fills slot ${slot}`);
}
