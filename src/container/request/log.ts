/** `--log-driver` and `--log-opt`: what is kept of what a container prints. */
import { badValue, type OptionName } from './bad-value.ts';
import { parseInteger } from './integer.ts';
import { type KeyValues, parseKeyValues } from './key-value.ts';
import type { ByteSize } from './run-request.ts';
import { parseSize } from './size.ts';

export type LogRequest = { readonly driver: 'none' } | LocalLog;

interface LocalLog {
  readonly driver: 'local';
  /** Bytes after which a file is rotated. */
  readonly size: ByteSize;
  /** How many there are at most, the one that is written among them. */
  readonly files: number;
}

/** When nobody says: three files of 10 MiB. */
export const defaultLog: LocalLog = { driver: 'local', size: (10 * 2 ** 20) as ByteSize, files: 3 };

/** docker's other drivers; each is something else than a file that `logs` reads. */
const elsewhere: readonly string[] = [
  ...['syslog', 'gelf', 'fluentd', 'awslogs', 'splunk', 'etwlogs', 'gcplogs', 'journald', 'logentries'],
];

/**
 * @example parseLog('local', ['max-size=1m', 'max-file=5'], { driver: '--log-driver', options: '--log-opt' })
 * @throws TsrunError USAGE
 */
export function parseLog(
  driver: string | undefined,
  options: KeyValues,
  names: { readonly driver: OptionName; readonly options: OptionName },
): LogRequest {
  const given = parseKeyValues(options, { bareValue: null, example: 'max-size=10m' }, names.options);
  const [first] = Object.entries(given);
  if (driver === 'none') {
    if (first === undefined) return { driver };
    throw badValue(
      names.options,
      first.join('='),
      'nothing is kept with --log-driver none',
      'leave one of the two out',
    );
  }
  if (driver !== undefined && driver !== 'local') throw noSuchDriver(driver, names.driver);
  let log = defaultLog;
  for (const [key, value] of Object.entries(given)) log = { ...log, ...parseOption(key, value, names.options) };
  return log;
}

function parseOption(key: string, value: string, name: OptionName): Partial<LocalLog> {
  switch (key) {
    case 'max-size': {
      const size = parseSize(value, `max-size of ${name}`);
      if (size >= 4096) return { size };
      throw badValue(
        name,
        `max-size=${value}`,
        'a file of the log holds at least 4096 bytes',
        'write for example max-size=1m',
      );
    }
    case 'max-file':
      return { files: parseInteger(value, { least: 1, most: 1000, unit: '' }, `max-file of ${name}`) };
    default:
      throw badValue(name, `${key}=${value}`, `there is no option "${key}"`, 'the options are max-size and max-file');
  }
}

function noSuchDriver(driver: string, name: OptionName): Error {
  if (driver === 'json-file') {
    const why =
      'a log of tsrun has a format of its own, and a program that reads docker’s files would not find what it expects';
    return badValue(
      name,
      driver,
      why,
      'leave it out, or say local: "tsrun logs" shows the same, and docs/logs.md has the format',
    );
  }
  const why = elsewhere.includes(driver) ? 'tsrun sends logs nowhere' : `there is no log driver "${driver}"`;
  return badValue(name, driver, why, 'it is local or none; what "tsrun logs -f" prints can go anywhere');
}
