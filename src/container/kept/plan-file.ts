/** The plan that a container was started with last: its file `plan.json`, for who asks how it was made. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../../plan/plan.ts';
import { planToJson } from '../../plan/render/json.ts';

const planFile = 'plan.json';

export const writePlan = (directory: string, plan: Plan): void =>
  writeFileSync(join(directory, planFile), planToJson(plan), { mode: 0o600 });

/** As `--dry-run=json` prints it; null: it is not whole, or there is none. */
export function readPlan(directory: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(readFileSync(join(directory, planFile), 'utf8')) as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
}
