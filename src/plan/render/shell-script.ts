/**
 * A plan as a shell script, for `--dry-run=shell`: the same steps in the same order, by the programs of util-linux,
 * coreutils and iproute2, ending in the container's command.
 *
 * Three parts, as the plan has three actors. The script itself is the monitor before the clone. A file `init` that it
 * writes runs inside the new namespaces. In between a background job, "the hand outside", does what the monitor does
 * while the new process waits, and in the end changes the root: pivot_root(2) moves every process that has the old root,
 * so the one inside only has to wait, as a shell that is already loaded.
 */
import type { Plan, Step } from '../plan.ts';
import { actorOf } from './actor.ts';
import { describeStep } from './describe.ts';
import { handHead, handTail, initHead, rootHead, type ScriptFrame, scriptHead, treesHead } from './shell-frame.ts';
import { otherRoot } from './shell-other-root.ts';
import { ShellContext, stepShell } from './shell-step.ts';
import { why } from './why.ts';

/** A whole script, in a pair of parentheses so that it can be pasted into an interactive shell too. */
export function planToShell(plan: Plan, frame: ScriptFrame): string {
  const context = new ShellContext(plan, frame, 'sh "$C/init" "$C"', otherRoot(plan, frame.uid));
  const parts: Record<Part, string[]> = { before: [], trees: [], init: [], root: [], hand: [], clone: [] };
  let inside: 'init' | 'root' = 'init';
  for (const [index, step] of plan.steps.entries()) {
    parts[partOf(step, inside, context)].push(...block(step, index, context));
    if (step.kind === 'become-root' && context.otherRoot !== null) inside = 'root';
  }
  return [
    ...scriptHead(frame, context),
    ...parts.before,
    '',
    ...(context.otherRoot?.givenBy !== 'script'
      ? []
      : file('trees', 'opened by root, where root inside can reach it', [
          ...treesHead,
          ...parts.trees,
          '',
          'exec "$@"',
        ])),
    ...file('init', 'inside the new namespaces: written now, run by the clone', [...initHead, ...parts.init]),
    ...(inside === 'init' ? [] : file('root', 'the same, as root inside', [...rootHead, ...parts.root])),
    '# ---- the hand outside: what is done to the new process while it waits',
    '{',
    ...indented([...handHead, ...parts.hand, ...handTail(context)]),
    '} &',
    'hand=$!',
    ...parts.clone,
    ')',
  ].join('\n');
}

/** Files of the script are `trees`, `init` and `root`. */
type Part = 'before' | 'trees' | 'init' | 'root' | 'hand' | 'clone';

function partOf(step: Step, inside: 'init' | 'root', { otherRoot }: ShellContext): Part {
  if (step.kind === 'clone') return 'clone';
  if ((step.kind === 'open-tree' || step.kind === 'open-path') && otherRoot?.givenBy === 'script') return 'trees';
  const parts = { monitor: 'before', parent: 'hand', init: inside } as const;
  return parts[actorOf(step.kind)];
}

/** Writes one of the script's files. */
function file(name: string, what: string, lines: readonly string[]): readonly string[] {
  const end = delimiter(name.toUpperCase(), lines);
  return [`# ---- ${what}`, `cat > "$C/${name}" <<'${end}'`, ...lines, end, ''];
}

/** A word that is no line of the text: an argument of the command may hold any. */
function delimiter(first: string, lines: readonly string[]): string {
  const all = new Set(lines.join('\n').split('\n'));
  let word = first;
  while (all.has(word)) word += '_';
  return word;
}

function block(step: Step, index: number, context: ShellContext): string[] {
  const lines = stepShell(step, context);
  return ['', `# ${index + 1}. ${context.places.comment(describeStep(step))}`, `#    why: ${why[step.kind]}`, ...lines];
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => (line === '' ? '' : `  ${line}`));
