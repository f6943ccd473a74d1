/** What stands around the steps in a script: places, clean-up, the beginnings of its parts, the change of the root. */
import type { OtherRoot } from './shell-other-root.ts';
import type { ShellContext } from './shell-step.ts';
import { oneLine, type PlaceNames, quote } from './shell-words.ts';

/** What a script needs beside the plan: the places, and the files that the plan binds and somebody has to write. */
export interface ScriptFrame extends PlaceNames {
  /** Below the container's directory. */
  readonly directories: readonly string[];
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** Lines around the container: what connects it with networks, and what takes that away. */
  readonly network: { readonly setUp: readonly string[]; readonly cleanUp: readonly string[] };
  /** For the first line. */
  readonly title: string;
  /** Who runs the script. */
  readonly uid: number;
}

export function scriptHead(frame: ScriptFrame, context: ShellContext): string[] {
  const relative = (path: string): string => context.places.host(path);
  return [
    '#!/bin/sh',
    `# ${oneLine(frame.title)}, step by step, without tsrun.`,
    '#',
    frame.uid !== 0
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
    ...(frame.network.setUp.length === 0 ? [] : ['bridges= rules=']),
    'clean_up() {',
    '  [ -z "$hand" ] || kill "$hand" 2>/dev/null || true',
    ...(frame.cgroup === null ? [] : removeGroup(frame.cgroup)),
    ...frame.network.cleanUp.map((line) => `  ${line}`),
    frame.uid !== 0 ? '  rm -rf "$C" 2>/dev/null || unshare --map-root-user --map-auto rm -rf "$C"' : '  rm -rf "$C"',
    '}',
    'trap clean_up EXIT',
    "trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 129' HUP",
    `mkdir ${frame.directories.map(relative).join(' ')}`,
    ...frame.files.map(({ path, text }) => `printf %s ${quote(text)} > ${relative(path)}`),
    ...(context.otherRoot === null
      ? []
      : giveAway(context.otherRoot, [...frame.directories, ...frame.files.map(({ path }) => path)].map(relative))),
    ...frame.network.setUp,
    'mkfifo "$C/hand" "$C/go"',
  ];
}

/** With the groups above it that tsrun makes, when this was the last in them. */
function removeGroup(path: string): readonly string[] {
  const ours = path.lastIndexOf('/tsrun/');
  const above = ours < 0 ? '' : path.slice(ours + 1, path.lastIndexOf('/'));
  return [
    '  if [ -d "$G" ]; then echo 1 > "$G/cgroup.kill"; until rmdir "$G" 2>/dev/null; do sleep 0.1; done; fi',
    ...(above === '' ? [] : [`  (cd ${quote(path.slice(0, ours))} && rmdir -p ${quote(above)} 2>/dev/null) || true`]),
  ];
}

/** Others pass through the directory of a container to what is theirs in it. */
const giveAway = ({ uid, gid, givenBy }: OtherRoot, places: readonly string[]): readonly string[] => [
  'chmod 711 "$C"',
  ...(givenBy === 'script' ? [`chown ${uid}:${gid} ${places.join(' ')}`] : []),
];

export const treesHead = ['set -e', 'C=$1', 'shift', 'mkdir "$C/open"'];

export const rootHead = [
  'set -e',
  'C=$1 R=$1/rootfs',
  'setpriv=$(command -v setpriv) setsid=$(command -v setsid) chroot=$(command -v chroot) prlimit=$(command -v prlimit)',
];

export const initHead = [
  ...rootHead,
  'exec 9>"$C/hand" 8<"$C/go"',
  "# The number of this process on the host: /proc is the host's still.",
  'read -r pid rest < /proc/self/stat',
  'echo "$pid" >&9',
  'read -r _ <&8',
];

export const handHead = ['set -e', 'exec <"$C/hand" 3>"$C/go"', 'read -r pid'];

/** nsenter(1) as root of the container's mount namespace, twice: the second one finds the old root on top of the new. */
export function handTail({ root, userNamespace, otherRoot }: ShellContext): string[] {
  // Another user than root inside loses its capabilities there in exec; where setgroups(2) is denied nobody may change.
  const user = otherRoot === null ? ' --user --preserve-credentials' : ' --user';
  const enter = `nsenter --target "$pid"${userNamespace ? user : ''} --mount`;
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
