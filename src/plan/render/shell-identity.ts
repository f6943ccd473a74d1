/**
 * Steps about who the command is and what it may do, as shell. setpriv(1) sets all of it in the moment of exec, so these
 * steps fill variables that the last one uses: `$bounding $ids $sets $exec_rule`, as those of shell-rlimit.ts fill `$limits`.
 */
import { capabilityName } from '../../oci/capabilities.ts';
import type { BoundingSet, Capabilities, Exec, Lookup, NoNewPrivileges, User, WorkingDirectory } from '../plan.ts';
import { quote } from './shell-words.ts';

type IdentityStep = Lookup | User | BoundingSet | Capabilities | NoNewPrivileges | WorkingDirectory;

export function identityShell(step: IdentityStep, root: 'pivot' | 'chroot'): readonly string[] {
  switch (step.kind) {
    case 'lookup':
      return lookupShell(step);
    case 'user':
      return userShell(step, root);
    case 'bounding-set':
      return [
        `bounding='--bounding-set ${['-all', ...capabilityWords(step.keep).map((word) => `+${word}`)].join(',')}'`,
      ];
    case 'capabilities': {
      const set = (mask: bigint): string => ['-all', ...capabilityWords(mask).map((word) => `+${word}`)].join(',');
      return [
        `sets='--inh-caps ${set(step.inheritable)} --ambient-caps ${set(step.ambient)}'`,
        ...(step.permitted === 0n
          ? []
          : ['# what exec gives to root is its bounding set: the permitted and effective sets follow from it']),
      ];
    }
    case 'no-new-privileges':
      return ['exec_rule=--no-new-privs'];
    case 'working-directory':
      return [`directory=${quote(step.path)}`];
  }
}

/** Names as setpriv(1) has them: `cap_net_raw` without the prefix. */
function capabilityWords(mask: bigint): readonly string[] {
  const words: string[] = [];
  for (let number = 0; mask >> BigInt(number) !== 0n; number++) {
    if ((mask >> BigInt(number)) & 1n)
      words.push(
        capabilityName(number)
          .toLowerCase()
          .replace(/^cap_(?=[a-z])/, ''),
      );
  }
  return words;
}

/** chroot(1) changes the user itself: it needs CAP_SYS_CHROOT still. */
function userShell({ identity, umask }: User, root: 'pivot' | 'chroot'): readonly string[] {
  const mask = `umask ${umask.toString(8).padStart(4, '0')}`;
  // setgroups(2) is denied where there is no other id than the caller's.
  if (root === 'chroot' && !identity.setGroups) return [mask, 'ids='];
  const words = (uid: string, gid: string, groups: string): string =>
    root === 'chroot'
      ? `--userspec=+${uid}:+${gid} --groups=${groups}`
      : `--reuid ${uid} --regid ${gid} ${groups === '' ? '--clear-groups' : `--groups ${groups}`}`;
  if (identity.type === 'looked-up') {
    const ids = identity.setGroups ? words('$uid', '$gid', '$groups') : '--reuid $uid --regid $gid --keep-groups';
    return [mask, `ids="${ids}"`];
  }
  const { uid, gid, groups, setGroups } = identity;
  const ids = setGroups ? words(`${uid}`, `${gid}`, groups.join(',')) : `--reuid ${uid} --regid ${gid} --keep-groups`;
  return [mask, `ids='${ids}'`];
}

/** By name first, then by number, as docker does; a number needs no entry. */
function lookupShell({ user, groupAdd }: Lookup): readonly string[] {
  const [who = '', group] = user === '' ? ['root'] : user.split(':');
  const find = (file: string): string =>
    `awk -F: -v want="$want" '$1 == want { byname = $0 } $3 == want && bynumber == "" { bynumber = $0 } ` +
    `END { print byname != "" ? byname : bynumber }' "$R/etc/${file}" 2>/dev/null`;
  const member = `awk -F: -v name="$name" '{ n = split($4, m, ","); for (i = 1; i <= n; i++) if (m[i] == name) print $3 }' "$R/etc/group" 2>/dev/null`;
  return [
    `want=${quote(who)}`,
    `entry=$(${find('passwd')}) || true`,
    'name=$(echo "$entry" | cut -d: -f1) uid=$(echo "$entry" | cut -d: -f3) gid=$(echo "$entry" | cut -d: -f4) home=$(echo "$entry" | cut -d: -f6)',
    '[ "$want" != root ] || uid=${uid:-0}',
    'uid=${uid:-$want} gid=${gid:-0} home=${home:-/}',
    ...(group === undefined
      ? [`groups=$(${member} | paste -sd, -) || true`, 'groups=$gid${groups:+,$groups}']
      : [
          `want=${quote(group)}`,
          `gid=$(${find('group')} | cut -d: -f3) || true`,
          'gid=${gid:-$want} groups=${gid:-$want}',
        ]),
    ...groupAdd.flatMap((added) => [
      `want=${quote(added)}`,
      `more=$(${find('group')} | cut -d: -f3) || true`,
      'groups=$groups,${more:-$want}',
    ]),
    'groups=$(echo "$groups" | tr , \'\\n\' | sort -nu | paste -sd, -)',
  ];
}

/**
 * The end of the script inside: credentials, then a shell that waits until its root has changed.
 *
 * @param session whether the command gets a session of its own
 * @param root how the root changes
 */
export function execShell(step: Exec, session: boolean, root: 'pivot' | 'chroot'): readonly string[] {
  const environment = step.env.map((entry) => `  ${quote(entry)} \\`);
  if (step.home === 'looked-up') environment.push('  "HOME=$home" \\');
  const wait = root === 'pivot' ? 'echo ready >&9; read -r _ <&8; ' : '';
  const inner = `${wait}cd "$1"; shift; unset PWD OLDPWD; exec "$@" 8<&- 9>&-`;
  const command = step.argv.map(quote).join(' ');
  const rule = '--pdeathsig keep $bounding $sets $exec_rule';
  return [
    ...(step.pid1 === 'reaper'
      ? ['# --init: the command itself is PID 1 here, tsrun puts a small reaping init in front']
      : []),
    'exec env -i \\',
    ...environment,
    `  ${session ? '"$setsid" ' : ''}\${limits:+"$prlimit" $limits }"$setpriv" ${root === 'chroot' ? `${rule} "$chroot" $ids "$R"` : `${rule} $ids`} \\`,
    `  /bin/sh -ec ${quote(inner)} sh "$directory" ${command}`,
  ];
}
