/**
 * A plan as a shell script, for `--dry-run=shell`: the same steps in the same order, by the programs of util-linux,
 * coreutils and iproute2, ending in the container's command.
 *
 * Three parts, as the plan has three actors. The script itself is the monitor before the clone. A file `init` that it
 * writes runs inside the new namespaces. In between a background job, "the hand outside", does what the monitor does
 * while the new process waits, and in the end changes the root: pivot_root(2) moves every process that has the old root,
 * so the one inside only has to wait, as a shell that is already loaded.
 */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Plan, Step } from '../plan.ts';
import { actorOf } from './actor.ts';
import { describeStep } from './describe.ts';
import { ShellContext, stepShell } from './shell-step.ts';
import { oneLine, type PlaceNames, quote } from './shell-words.ts';
import { why } from './why.ts';

/** What a script needs beside the plan: the places, and the files that the plan binds and somebody has to write. */
export interface ScriptFrame extends PlaceNames {
  /** Below the container's directory. */
  readonly directories: readonly string[];
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** For the first line. */
  readonly title: string;
  /** Who runs the script. */
  readonly uid: number;
}

/**
 * A whole script, in a pair of parentheses so that it can be pasted into an interactive shell too.
 *
 * @throws TsrunError NOT_YET for a container whose root is another user than who runs the script: such a root may not go
 * to the layers, and a shell cannot hand it the opened directories.
 */
export function planToShell(plan: Plan, frame: ScriptFrame): string {
  refuseStrangeRoot(plan, frame.uid);
  const context = new ShellContext(plan, frame, 'sh "$C/init" "$C"');
  const blocks = (of: (step: Step) => boolean): string[] =>
    plan.steps.flatMap((step, index) => (of(step) ? block(step, index, context) : []));
  const init = [...initHead, ...blocks(({ kind }) => actorOf(kind) === 'init')];
  const end = delimiter(init);
  return [
    ...head(frame, context),
    ...blocks(({ kind }) => actorOf(kind) === 'monitor' && kind !== 'clone'),
    '',
    '# ---- inside the new namespaces: written now, run by the clone',
    `cat > "$C/init" <<'${end}'`,
    ...init,
    end,
    '',
    '# ---- the hand outside: what is done to the new process while it waits',
    '{',
    ...indented([...handHead, ...blocks(({ kind }) => actorOf(kind) === 'parent'), ...handTail(context)]),
    '} &',
    'hand=$!',
    ...blocks(({ kind }) => kind === 'clone'),
    ')',
  ].join('\n');
}

function refuseStrangeRoot({ steps }: Plan, uid: number): void {
  const map = steps.find((step) => step.kind === 'id-map');
  const root = map?.uids.find(({ container }) => container === 0);
  if (map === undefined || root?.host === uid) return;
  throw new TsrunError('NOT_YET', 'cannot write this container as a shell script', {
    why: `its root is user ${root?.host} outside, who may not read the image's layers; tsrun opens them first and hands them on, a shell cannot`,
    hint: 'leave --userns out, or look at --dry-run=json',
  });
}

/** A word that is no line of the text: an argument of the command may hold any. */
function delimiter(lines: readonly string[]): string {
  const all = new Set(lines.join('\n').split('\n'));
  let word = 'INIT';
  while (all.has(word)) word += '_';
  return word;
}

function block(step: Step, index: number, context: ShellContext): string[] {
  const lines = stepShell(step, context);
  return ['', `# ${index + 1}. ${context.places.comment(describeStep(step))}`, `#    why: ${why[step.kind]}`, ...lines];
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => (line === '' ? '' : `  ${line}`));

function head(frame: ScriptFrame, context: ShellContext): string[] {
  const relative = (path: string): string => context.places.host(path);
  return [
    '#!/bin/sh',
    `# ${oneLine(frame.title)}, step by step, without tsrun.`,
    '#',
    context.userNamespace
      ? '# For an ordinary user on this machine. Needs util-linux 2.38 or newer (unshare --keep-caps) and the package uidmap.'
      : '# For a root shell on this machine. Needs util-linux 2.38, coreutils and iproute2, or newer.',
    '# Use it with images you trust: a shell follows the symbolic links of an image, tsrun does not leave its root.',
    '(',
    'set -e',
    'umask 022',
    '',
    "# The container's own directory, its root filesystem in it, and its control group.",
    'C=$(mktemp -d "${TMPDIR:-/tmp}/container.XXXXXX")',
    'R=$C/rootfs',
    ...(frame.cgroup === null ? [] : [`G=${quote(frame.cgroup)}.$$`]),
    'hand=',
    'clean_up() {',
    '  [ -z "$hand" ] || kill "$hand" 2>/dev/null || true',
    ...(frame.cgroup === null
      ? []
      : ['  if [ -d "$G" ]; then echo 1 > "$G/cgroup.kill"; until rmdir "$G" 2>/dev/null; do sleep 0.1; done; fi']),
    context.userNamespace
      ? '  rm -rf "$C" 2>/dev/null || unshare --map-root-user --map-auto rm -rf "$C"'
      : '  rm -rf "$C"',
    '}',
    'trap clean_up EXIT',
    "trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 129' HUP",
    `mkdir ${frame.directories.map(relative).join(' ')}`,
    ...frame.files.map(({ path, text }) => `printf %s ${quote(text)} > ${relative(path)}`),
    'mkfifo "$C/hand" "$C/go"',
  ];
}

const initHead = [
  'set -e',
  'C=$1 R=$1/rootfs',
  'setpriv=$(command -v setpriv) setsid=$(command -v setsid) chroot=$(command -v chroot) prlimit=$(command -v prlimit)',
  'exec 9>"$C/hand" 8<"$C/go"',
  "# The number of this process on the host: /proc is the host's still.",
  'read -r pid rest < /proc/self/stat',
  'echo "$pid" >&9',
  'read -r _ <&8',
];

const handHead = ['set -e', 'exec <"$C/hand" 3>"$C/go"', 'read -r pid'];

/** nsenter(1) as root of the container's mount namespace, twice: the second one finds the old root on top of the new. */
function handTail({ root, userNamespace }: ShellContext): string[] {
  const enter = `nsenter --target "$pid"${userNamespace ? ' --user --preserve-credentials' : ''} --mount`;
  if (root === 'chroot') return ['', 'echo go >&3'];
  return [
    '',
    'echo go >&3',
    'read -r _',
    '# pivot_root: the old root lands on top of the new one, and is taken away from there.',
    `${enter} sh -ec 'cd "$1"; pivot_root . .' sh "$R"`,
    `${enter} umount --lazy /`,
    'echo go >&3',
  ];
}
