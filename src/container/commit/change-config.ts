/** `--change` of commit: Dockerfile instructions that say something of an image's config. Grammar: docker's Dockerfile reference. */
import { posix } from 'node:path';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { signalNumber } from '../../oci/signals.ts';
import { instructionWords, pairs, type Variables } from './instruction-words.ts';

/** The fields of a config document's `config` that instructions set. Keys are docker's. */
export interface ExecutionDocument {
  Env?: readonly string[];
  Cmd?: readonly string[] | null;
  Entrypoint?: readonly string[] | null;
  User?: string;
  WorkingDir?: string;
  StopSignal?: string;
  Labels?: Readonly<Record<string, string>>;
  ExposedPorts?: Readonly<Record<string, object>>;
  Volumes?: Readonly<Record<string, object>>;
  OnBuild?: readonly string[];
  Healthcheck?: object;
}

/**
 * The config after the instructions, in their order.
 *
 * @throws TsrunError USAGE
 * @example changeConfig({}, ['CMD ["nginx"]', 'ENV A=1']) // { Cmd: ['nginx'], Env: ['A=1'] }
 */
export function changeConfig(config: ExecutionDocument, instructions: readonly string[]): ExecutionDocument {
  let now = config;
  let setsCommand = false;
  for (const line of instructions.flatMap((text) => text.split('\n'))) {
    if (line.trim() === '') continue;
    const [, word = '', rest = ''] = /^\s*(\S+)\s*(.*?)\s*$/s.exec(line) ?? [];
    const instruction = word.toUpperCase();
    now = { ...now, ...change(now, instruction, rest, line) };
    setsCommand ||= instruction === 'CMD';
    // Arguments of the old entrypoint are none of the new one.
    if (instruction === 'ENTRYPOINT' && !setsCommand) now = { ...now, Cmd: null };
  }
  return now;
}

function change(now: ExecutionDocument, instruction: string, rest: string, line: string): ExecutionDocument {
  const bad = (why: string): TsrunError => refuse(line, why);
  if (rest === '') throw bad('it has no argument');
  const variables: Variables = new Map((now.Env ?? []).map((entry) => splitAt(entry, '=')));
  const words = (): readonly string[] => jsonList(rest) ?? instructionWords(rest, variables);
  const only = (): string => {
    const [first = '', ...more] = instructionWords(rest, variables);
    if (more.length > 0) throw bad('it takes one argument');
    return first;
  };
  switch (instruction) {
    case 'CMD':
      return { Cmd: commandOf(rest) };
    case 'ENTRYPOINT':
      return { Entrypoint: commandOf(rest) };
    case 'ENV':
      return { Env: withVariables(now.Env ?? [], pairsOf(rest, variables, bad)) };
    case 'LABEL':
      return { Labels: { ...now.Labels, ...Object.fromEntries(pairsOf(rest, variables, bad)) } };
    case 'EXPOSE':
      return { ExposedPorts: { ...now.ExposedPorts, ...asSet(words().map((port) => portOf(port, bad))) } };
    case 'VOLUME':
      return { Volumes: { ...now.Volumes, ...asSet(words()) } };
    case 'USER':
      return { User: only() };
    case 'WORKDIR':
      return { WorkingDir: posix.resolve('/', now.WorkingDir ?? '', only()) };
    case 'STOPSIGNAL': {
      const signal = only();
      if (signalNumber(signal) === null) throw bad(`"${signal}" is no signal`);
      return { StopSignal: signal };
    }
    case 'ONBUILD':
      return { OnBuild: [...(now.OnBuild ?? []), rest] };
    case 'HEALTHCHECK':
      return { Healthcheck: healthcheckOf(rest, bad) };
    default:
      throw bad(`${instruction} is no instruction about a config`);
  }
}

const refuse = (line: string, why: string): TsrunError =>
  new TsrunError('USAGE', `cannot carry out the change "${line.trim()}"`, {
    why,
    hint: 'CMD ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL ONBUILD STOPSIGNAL USER VOLUME WORKDIR, as in a Dockerfile',
  });

/** `["a", "b"]`; null: it is none. */
function jsonList(text: string): readonly string[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : null;
  } catch {
    return null;
  }
}

/** What is no list is for a shell. */
const commandOf = (rest: string): readonly string[] => jsonList(rest) ?? ['/bin/sh', '-c', rest];

const asSet = (keys: readonly string[]): Readonly<Record<string, object>> =>
  Object.fromEntries(keys.map((key) => [key, {}]));

function splitAt(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function pairsOf(
  rest: string,
  variables: Variables,
  bad: (why: string) => TsrunError,
): readonly (readonly [string, string])[] {
  const found = pairs(rest, variables);
  if (found === null) throw bad('it takes NAME=VALUE');
  return found;
}

function withVariables(env: readonly string[], set: readonly (readonly [string, string])[]): readonly string[] {
  const all = new Map(env.map((entry) => splitAt(entry, '=')));
  for (const [name, value] of set) all.set(name, value);
  return [...all].map(([name, value]) => `${name}=${value}`);
}

function portOf(text: string, bad: (why: string) => TsrunError): string {
  if (!/^\d{1,5}(-\d{1,5})?(\/(tcp|udp|sctp))?$/i.test(text)) throw bad(`"${text}" is no port`);
  return text.includes('/') ? text.toLowerCase() : `${text}/tcp`;
}

const units: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
const durations: Readonly<Record<string, string>> = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
};

/** `NONE`, or flags and `CMD ...`; times in nanoseconds, as docker keeps them. */
function healthcheckOf(rest: string, bad: (why: string) => TsrunError): object {
  if (rest.toUpperCase() === 'NONE') return { Test: ['NONE'] };
  const check: Record<string, unknown> = {};
  let left = rest;
  for (let flag = /^--([a-z-]+)=(\S+)\s*/.exec(left); flag !== null; flag = /^--([a-z-]+)=(\S+)\s*/.exec(left)) {
    const [whole, name = '', value = ''] = flag;
    const key = durations[name];
    if (key !== undefined) check[key] = nanoseconds(value, bad);
    else if (name === 'retries' && /^\d+$/.test(value)) check['Retries'] = Number(value);
    else throw bad(`--${name}=${value} is not known`);
    left = left.slice(whole.length);
  }
  const [, command] = /^CMD\s+(.+)$/is.exec(left) ?? [];
  if (command === undefined) throw bad('it takes NONE, or CMD and a command');
  const list = jsonList(command);
  return { Test: list === null ? ['CMD-SHELL', command] : ['CMD', ...list], ...check };
}

function nanoseconds(text: string, bad: (why: string) => TsrunError): number {
  if (!/^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$/.test(text)) throw bad(`"${text}" is no duration, such as 1m30s`);
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/g)].reduce(
    (sum, [, number = '0', unit = '']) => sum + Math.round(Number(number) * (units[unit] ?? 0)),
    0,
  );
}
