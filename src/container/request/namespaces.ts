/** `--pid`, `--ipc`, `--uts`, `--userns`, `--cgroupns`, `--network` and our `--time-offset`. */
import { badValue, notYet, type OptionName } from './bad-value.ts';
import { parseOneOf } from './one-of.ts';
import type { RunRequest } from './run-request.ts';

/** Joining another container's namespace waits for containers that live on. */
function refuseJoining(value: string, name: OptionName): void {
  if (!/^(container|ns):/.test(value)) return;
  throw notYet(name, value, 'a namespace of another container cannot be joined', `use ${name} host, or leave it out`);
}

export function parsePid(value: string, name: OptionName): RunRequest['pid'] {
  refuseJoining(value, name);
  return parseOneOf(value || 'private', ['private', 'host'], name);
}

export function parseIpc(value: string, name: OptionName): RunRequest['ipc'] {
  refuseJoining(value, name);
  if (value === 'shareable') {
    throw notYet(name, value, 'there is no container yet that could share it', `use ${name} private or host`);
  }
  return parseOneOf(value || 'private', ['private', 'host', 'none'], name);
}

export function parseUts(value: string, name: OptionName): RunRequest['uts'] {
  refuseJoining(value, name);
  return parseOneOf(value || 'private', ['private', 'host'], name);
}

export function parseUserns(value: string, name: OptionName): RunRequest['userns'] {
  refuseJoining(value, name);
  if (/^(auto|nomap|keep-id)/.test(value)) {
    throw notYet(name, value, "id maps of one's own choice are not built", `use ${name} private or host`);
  }
  return parseOneOf(value || 'default', ['default', 'host', 'private'], name);
}

export function parseCgroupns(value: string, name: OptionName): RunRequest['cgroupns'] {
  refuseJoining(value, name);
  return parseOneOf(value || 'private', ['private', 'host'], name);
}

export function parseNetwork(value: string, name: OptionName): RunRequest['network'] {
  refuseJoining(value, name);
  if (value === 'none' || value === 'host') return value;
  const what = value === 'bridge' || value === 'default' ? 'the bridge network' : 'a network by name';
  throw notYet(
    name,
    value,
    `${what} is not built; the networks are none (only loopback) and host`,
    `use ${name} host or none`,
  );
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
