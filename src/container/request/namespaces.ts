/** `--pid`, `--ipc`, `--uts`, `--userns`, `--cgroupns` and our `--time-offset`. */
import type { KeptIds } from '../../host/id-maps.ts';
import { badValue, notYet, type OptionName } from './bad-value.ts';
import { parseOneOf } from './one-of.ts';
import type { JoinRequest, RunRequest } from './run-request.ts';

/** Of these namespaces a container has its own or the host's. */
function refuseJoining(value: string, name: OptionName): void {
  if (!/^(container|ns):/.test(value)) return;
  throw notYet(name, value, 'a namespace of another container cannot be joined', `use ${name} host, or leave it out`);
}

export function parsePid(value: string, name: OptionName): RunRequest['pid'] {
  return parseJoin(value, name) ?? parseOneOf(value || 'private', ['private', 'host'], name);
}

/**
 * `container:NAME` and `ns:PATH`; null: neither.
 *
 * @throws TsrunError USAGE
 */
export function parseJoin(value: string, name: OptionName): JoinRequest | null {
  const [, kind, rest] = /^(container|ns):(.*)$/s.exec(value) ?? [];
  if (kind === undefined || rest === undefined) return null;
  if (kind === 'container') {
    if (rest !== '') return { type: 'container', container: rest };
    throw badValue(name, value, 'it names no container', 'write for example container:db');
  }
  if (rest.startsWith('/') && !rest.includes('\0')) return { type: 'path', path: rest, of: null, below: null };
  throw badValue(name, value, 'it is not an absolute path', 'write for example ns:/run/netns/blue');
}

export function parseIpc(value: string, name: OptionName): RunRequest['ipc'] {
  // A path would be the namespace without the /dev/shm that belongs to it.
  const join = value.startsWith('container:') ? parseJoin(value, name) : null;
  if (join?.type === 'container') return join;
  return parseOneOf(value || 'private', ['private', 'shareable', 'host', 'none'], name);
}

export function parseUts(value: string, name: OptionName): RunRequest['uts'] {
  refuseJoining(value, name);
  return parseOneOf(value || 'private', ['private', 'host'], name);
}

export function parseUserns(value: string, name: OptionName): RunRequest['userns'] {
  refuseJoining(value, name);
  if (/^auto(:|$)/.test(value)) {
    throw notYet(name, value, 'no container gets a range of ids of its own', `use ${name} private: one range for all`);
  }
  if (value === 'nomap') {
    throw notYet(name, value, 'your own id is always mapped', `use ${name} keep-id or private, or another --user`);
  }
  if (value.startsWith('keep-id:')) return parseKeepId(value, name);
  const word = parseOneOf(value || 'default', ['default', 'private', 'keep-id', 'host'], name);
  return word === 'keep-id' ? parseKeepId(word, name) : word;
}

/** `keep-id`, or `keep-id:uid=1000,gid=1000`. */
function parseKeepId(value: string, name: OptionName): KeptIds {
  const ids: { uid: number | null; gid: number | null } = { uid: null, gid: null };
  const options = value.slice('keep-id'.length + 1);
  for (const part of options === '' ? [] : options.split(',')) {
    const [, kind, text] = /^(uid|gid)=(\d{1,9})$/.exec(part) ?? [];
    if (kind === undefined || text === undefined) {
      throw badValue(name, value, `"${part}" is no option of keep-id`, 'write for example keep-id:uid=1000,gid=1000');
    }
    ids[kind === 'uid' ? 'uid' : 'gid'] = Number(text);
  }
  return { type: 'keep-id', ...ids };
}

export function parseCgroupns(value: string, name: OptionName): RunRequest['cgroupns'] {
  refuseJoining(value, name);
  return parseOneOf(value || 'private', ['private', 'host'], name);
}

/**
 * Offsets of the two clocks of a time namespace, in whole seconds: `boottime=86400,monotonic=86400`, or one number for both.
 *
 * @throws TsrunError USAGE
 */
export function parseTimeOffset(value: string, name: OptionName): NonNullable<RunRequest['time']> {
  const seconds = /^[+-]?\d{1,10}$/;
  if (seconds.test(value))
    return { monotonic: BigInt(value.replace(/^\+/, '')), boottime: BigInt(value.replace(/^\+/, '')) };
  const offsets = { monotonic: 0n, boottime: 0n };
  for (const part of value.split(',')) {
    const [, clock, text] = /^(monotonic|boottime)=(.*)$/.exec(part) ?? [];
    if (clock === undefined || text === undefined || !seconds.test(text)) {
      throw badValue(
        name,
        value,
        `"${part}" is not an offset in seconds`,
        'write for example 86400, or boottime=86400,monotonic=60',
      );
    }
    offsets[clock === 'monotonic' ? 'monotonic' : 'boottime'] = BigInt(text.replace(/^\+/, ''));
  }
  return offsets;
}
