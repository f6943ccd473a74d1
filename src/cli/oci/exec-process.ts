/** The process of `exec` from its flags: the container's own, with what they change. */

import { parseCapability } from '../../bundle/parse-capability.ts';
import { checkProcess } from '../../bundle/read-process.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { OciConfig, OciProcess } from '../../oci/config.ts';
import { allOf, isSet, lastOf, type OciLine } from './command.ts';

export function processFromFlags(line: OciLine, argv: readonly string[], config: OciConfig): OciProcess {
  const own = config.process;
  if (own === undefined) throw new Error('a container has a process');
  if (argv.length === 0) {
    throw new TsrunError('USAGE', 'no command was given', { why: 'exec takes an id and a command, or --process' });
  }
  const added = allOf(line, 'cap').map((name) => parseCapability(name, '--cap'));
  const caps = own.capabilities ?? {};
  const more = (list: readonly string[] | undefined): readonly string[] => [...new Set([...(list ?? []), ...added])];
  // Through the parser once more: what was typed is checked as if it stood in a document.
  return checkProcess({
    ...own,
    args: argv,
    env: [...(own.env ?? []), ...allOf(line, 'env')],
    cwd: lastOf(line, 'cwd') ?? own.cwd,
    terminal: isSet(line, 'tty'),
    user: userFrom(line, own),
    noNewPrivileges: isSet(line, 'no-new-privs') || (own.noNewPrivileges ?? false),
    capabilities:
      added.length === 0
        ? own.capabilities
        : {
            ...caps,
            bounding: more(caps.bounding),
            effective: more(caps.effective),
            permitted: more(caps.permitted),
          },
    apparmorProfile: lastOf(line, 'apparmor') ?? own.apparmorProfile,
    selinuxLabel: lastOf(line, 'process-label') ?? own.selinuxLabel,
  });
}

function userFrom(line: OciLine, { user }: OciProcess): OciProcess['user'] {
  const text = lastOf(line, 'user');
  const groups = allOf(line, 'additional-gids').map((gid) => idFrom('--additional-gids', gid));
  const additionalGids = [...(text === null ? (user.additionalGids ?? []) : []), ...groups];
  if (text === null) return { ...user, additionalGids };
  const [uid = '', gid, ...rest] = text.split(':');
  if (rest.length > 0) throw new TsrunError('USAGE', `--user cannot be "${text}"`, { why: 'it is UID or UID:GID' });
  return {
    ...user,
    uid: idFrom('--user', uid),
    gid: gid === undefined ? user.gid : idFrom('--user', gid),
    additionalGids,
  };
}

function idFrom(name: string, text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new TsrunError('USAGE', `${name} cannot be "${text}"`, { why: 'ids are numbers here' });
}
