/** The global flags of one call, as runc names them. */
import { ociRoot } from '../../container/state/roots.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { inUserNamespace } from '../../host/user-namespace.ts';
import { type Flag, flag } from '../flags.ts';

const group = 'Everywhere';

export const ociGlobalFlags: readonly Flag[] = [
  flag('value', '--root DIR', 'where the state of containers is kept', group),
  flag('value', '--log FILE', 'where to write the error as well', group),
  flag('value', '--log-format FORMAT', 'text or json', group),
  flag('switch', '--debug', 'show causes and stack traces of errors', group),
  flag('switch', '--systemd-cgroup', 'let systemd make the control groups', group),
  flag('value', '--cgroup-manager NAME', 'cgroupfs, systemd or disabled', group),
  flag('value', '--rootless BOOL', 'accepted: tsrun-oci sees for itself', group),
  flag('value', '--criu PATH', 'accepted and ignored', group),
  flag('switch', '-h, --help', 'show help', group),
  flag('switch', '-v, --version', 'show the version', group),
];

export type CgroupManager = 'cgroupfs' | 'systemd' | 'disabled';

export interface OciLog {
  /** null: standard error alone. */
  readonly file: string | null;
  readonly format: 'text' | 'json';
}

export interface OciSession {
  /** Directory of the containers' directories. */
  readonly root: string;
  readonly manager: CgroupManager;
  readonly debug: boolean;
  readonly log: OciLog;
}

type Values = ReadonlyMap<string, readonly string[]>;

/** Where errors go: read first, so that what is wrong with the rest of the line gets there too. */
export function logOf(values: Values): OciLog {
  const format = values.get('log-format')?.at(-1) ?? 'text';
  return { file: values.get('log')?.at(-1) || null, format: format === 'json' ? 'json' : 'text' };
}

/** @throws TsrunError USAGE for values that are none of those that there are */
export function sessionFrom(values: Values): OciSession {
  const last = (name: string): string | null => values.get(name)?.at(-1) ?? null;
  const isOn = (name: string): boolean => last(name) !== null && last(name) !== 'false';
  oneOf('--log-format', last('log-format') ?? 'text', ['text', 'json']);
  const named = last('cgroup-manager');
  return {
    root: ociRoot({ asked: last('root'), uid: process.geteuid?.() ?? 0, env: process.env, inUserNamespace }),
    manager:
      named === null
        ? isOn('systemd-cgroup')
          ? 'systemd'
          : 'cgroupfs'
        : oneOf('--cgroup-manager', named, ['cgroupfs', 'systemd', 'disabled']),
    debug: isOn('debug'),
    log: logOf(values),
  };
}

function oneOf<Word extends string>(name: string, value: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw new TsrunError('USAGE', `${name} cannot be "${value}"`, { why: `it is one of ${words.join(', ')}` });
}
