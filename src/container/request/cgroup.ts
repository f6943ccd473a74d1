/** `--cgroup-conf KEY=VALUE` and `--cgroup-parent`. */
import { badValue, type OptionName } from './bad-value.ts';
import { type KeyValues, parseKeyValues } from './key-value.ts';

/**
 * Files of cgroup v2 by name, for example `memory.high=64M`.
 *
 * The core files (`cgroup.*`) decide who is in the group and what is below it, which is tsrun's own business; the exceptions are
 * limits on what the container may do.
 *
 * @throws TsrunError USAGE
 */
export function parseCgroupConf(given: KeyValues, name: OptionName): Record<string, string> {
  const conf = parseKeyValues(given, { bareValue: null, example: 'memory.high=64M' }, name);
  for (const [file, value] of Object.entries(conf)) {
    const text = `${file}=${value}`;
    if (!/^[a-z][a-z0-9_]*(\.[a-zA-Z0-9_-]+)+$/.test(file)) {
      throw badValue(
        name,
        text,
        `"${file}" is not the name of a control group file`,
        'write for example memory.high=64M',
      );
    }
    if (file.startsWith('cgroup.') && file !== 'cgroup.max.depth' && file !== 'cgroup.max.descendants') {
      throw badValue(
        name,
        text,
        `${file} is tsrun's own to write`,
        "set cgroup.max.depth, cgroup.max.descendants or a controller's file",
      );
    }
    if (value === '' || /[\0\n]/.test(value))
      throw badValue(name, text, 'the value has to be one line', 'write KEY=VALUE');
  }
  return conf;
}

/**
 * A path below the base that tsrun may use: no `..`, so that it cannot leave it.
 * @throws TsrunError USAGE
 */
export function parseCgroupParent(value: string, name: OptionName): string {
  const parts = value.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..'))
    throw badValue(name, value, 'it leaves the control group it is relative to', 'write a path without ..');
  if (parts.length === 0 || /[\0\n]/.test(value))
    throw badValue(name, value, 'it names no control group', 'write for example course/team-a');
  const reserved = parts.find((part) => part.startsWith('cgroup.'));
  if (reserved !== undefined)
    throw badValue(name, value, `"${reserved}" looks like a file of the kernel`, 'choose another name');
  return parts.join('/');
}
