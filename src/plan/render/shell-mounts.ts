/** Steps about mounts and files of the container as shell; its root is still below `$R`. */
import type {
  AttributeChange,
  Bind,
  Device,
  Directory,
  MaskPath,
  Mount,
  Overlay,
  Plan,
  ReadonlyPath,
  Remount,
  RootfsBind,
  RootPropagation,
  RootReadonly,
  Symlink,
} from '../plan.ts';
import { attributeWords, changeWords } from './attribute-words.ts';
import { type OtherRoot, reachablePath } from './shell-other-root.ts';
import { type PlaceNames, type Places, quote } from './shell-words.ts';
import { sourcePath } from './source-path.ts';

/** Paths by slot: a shell has names where the plan has descriptors. Of what is in another mount namespace it has none. */
export type SlotPaths = ReadonlyMap<number, string>;

export const slotPaths = ({ steps }: Plan, names: PlaceNames, other: OtherRoot | null): SlotPaths =>
  new Map(
    steps
      .filter((step) => step.kind === 'open-path' || step.kind === 'open-tree')
      .filter((step) => step.kind === 'open-path' || step.namespace === '')
      .map((step) => [step.slot, reachablePath(step, names, other)]),
  );

type MountStep =
  | RootPropagation
  | Overlay
  | RootfsBind
  | Mount
  | Remount
  | Bind
  | Device
  | Symlink
  | Directory
  | RootReadonly
  | MaskPath
  | ReadonlyPath;

export function mountShell(step: MountStep, places: Places, slots: SlotPaths): readonly string[] {
  const slot = (number: number): string => slots.get(number) ?? '';
  switch (step.kind) {
    case 'root-propagation':
      return [
        `mount --make-${step.reach === 'tree' ? 'r' : ''}${step.propagation} ${step.root === 'host' ? '/' : '"$R"'}`,
      ];
    case 'overlay': {
      // Commas and colons separate; a backslash takes that away (overlayfs.rst).
      const escaped = (number: number): string => places.host(slot(number).replaceAll(/[\\:,]/g, '\\$&'));
      const parts = [
        `lowerdir=${step.lower.map(escaped).join(':')}`,
        `upperdir=${escaped(step.upper)}`,
        `workdir=${escaped(step.work)}`,
        ...(step.nodev ? ['nodev'] : []),
        ...(step.userxattr ? ['userxattr'] : []),
        ...(step.volatile ? ['volatile'] : []),
      ];
      return [`mount -t overlay -o ${parts.join(',')} overlay ${places.host(step.target)}`];
    }
    case 'rootfs-bind':
      return [`mount --rbind ${places.host(slot(step.source))} ${places.host(step.target)}`];
    case 'mount':
      return whereItCan(step, places, filesystemShell(step, places));
    case 'remount': {
      const target = places.inside(step.target);
      const lines = step.changes.flatMap((change) => changeShell(change, target));
      if (step.parameters.length > 0) lines.push(`mount -o remount,${quote(step.parameters.join(','))} ${target}`);
      if (step.propagation !== null)
        lines.push(`mount --make-${step.propagationReach === 'tree' ? 'r' : ''}${step.propagation} ${target}`);
      return lines.length > 0 ? lines : [`# nothing changes at ${places.comment(step.target)}`];
    }
    case 'bind':
      return whereItCan(step, places, bindShell(step, places, slot));
    case 'device':
      return deviceShell(step, places);
    case 'symlink': {
      const path = places.inside(step.path);
      return [`[ -e ${path} ] || ln -s ${quote(step.target)} ${path}`];
    }
    case 'directory': {
      const path = places.inside(step.path);
      const mode = step.mode.toString(8).padStart(4, '0');
      return [`[ -d ${path} ] || { mkdir -p -m ${mode} ${path}; chown ${step.uid}:${step.gid} ${path}; }`];
    }
    case 'root-readonly':
      return ['mount -o remount,bind,ro "$R"'];
    case 'mask-path': {
      const path = places.inside(step.path);
      const empty = `mount -t tmpfs -o ro,nosuid,nodev,noexec,size=0k,nr_inodes=1,mode=555 none ${path}`;
      return [`if [ -d ${path} ]; then ${empty}`, `elif [ -e ${path} ]; then mount --bind "$R/dev/null" ${path}; fi`];
    }
    case 'readonly-path': {
      const path = places.inside(step.path);
      return [`if [ -e ${path} ]; then mount --rbind ${path} ${path}; mount -o remount,bind,ro ${path}; fi`];
    }
  }
}

/** Best effort is for a root where nobody can make a mount point that the image lacks. */
function whereItCan(step: Mount | Bind, places: Places, lines: readonly string[]): readonly string[] {
  return step.demand === 'required' ? lines : [`if [ -e ${places.inside(step.target)} ]; then`, ...lines, 'fi'];
}

function filesystemShell(step: Mount, places: Places): readonly string[] {
  const target = places.inside(step.target);
  const words = [...attributeWords(step.attributes), ...step.parameters];
  const mount = `mount -t ${quote(step.filesystem)}${words.length === 0 ? '' : ` -o ${quote(words.join(','))}`} ${quote(step.source)}`;
  if (step.inherits === 'mode') {
    return [
      `[ -d ${target} ] || mkdir -p -m 1777 ${target}`,
      `mount -t ${quote(step.filesystem)} -o ${quote([...words, 'mode='].join(','))}"$(stat -Lc %a ${target})" ${quote(step.source)} ${target}`,
    ];
  }
  if (step.inherits === 'nothing') return [`mkdir -p ${target}`, `${mount} ${target}`];
  return [
    `mkdir -p ${target} "$C/fresh"`,
    `${mount} "$C/fresh"`,
    `cp -a ${target}/. "$C/fresh/"`,
    `mount --move "$C/fresh" ${target}`,
  ];
}

function changeShell(change: AttributeChange, target: string): readonly string[] {
  const remount = `mount -o remount,bind,${changeWords(change).join(',')}`;
  if (change.reach === 'this') return [`${remount} ${target}`];
  return [`findmnt -Rrno TARGET ${target} | while read -r at; do ${remount} "$at"; done`];
}

function bindShell(step: Bind, places: Places, slot: (number: number) => string): readonly string[] {
  const { source: from } = step;
  if (from.from === 'slot' && slot(from.slot) === '') {
    return [
      `# ${places.comment(step.target)} stays empty: no command can copy a mount out of another mount namespace`,
      `mkdir -p ${places.inside(step.target)}`,
    ];
  }
  const source = places.host(from.from === 'path' ? sourcePath(from.path, from.subpath) : slot(from.slot));
  const target = places.inside(step.target);
  const lines = [
    `if [ -d ${source} ]; then mkdir -p ${target}; else mkdir -p "$(dirname ${target})"; [ -e ${target} ] || : > ${target}; fi`,
    `mount --${step.reach === 'tree' ? 'rbind' : 'bind'} ${source} ${target}`,
  ];
  lines.push(...step.changes.flatMap((change) => changeShell(change, target)));
  const propagation = `${step.propagationReach === 'tree' ? 'r' : ''}${step.propagation}`;
  // A shared volume of tsrun's is a peer of the host's mount; here everything is a slave of it since the first step.
  if (step.propagation === 'shared') lines.push('# shared: mounts made inside stay inside here, tsrun passes them on');
  lines.push(`mount --make-${propagation} ${target}`);
  return lines;
}

function deviceShell(step: Device, places: Places): readonly string[] {
  const path = places.inside(step.path);
  if (step.how === 'bind') return [`: > ${path}`, `mount --bind ${places.host(step.source)} ${path}`];
  const mode = step.mode.toString(8).padStart(4, '0');
  const node = { char: `c ${step.major} ${step.minor}`, block: `b ${step.major} ${step.minor}`, fifo: 'p' }[step.type];
  const parent = step.path.lastIndexOf('/') > 4 ? [`mkdir -p "$(dirname ${path})"`] : [];
  return [
    ...parent,
    `mknod -m ${mode} ${path} ${node}`,
    ...(step.uid === 0 && step.gid === 0 ? [] : [`chown ${step.uid}:${step.gid} ${path}`]),
  ];
}
