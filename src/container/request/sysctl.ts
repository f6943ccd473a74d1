/** `--sysctl NAME=VALUE`: only what belongs to a namespace of the container. */
import { sysctlNamespace, sysctlPath } from '../../oci/sysctls.ts';
import { badValue, type OptionName } from './bad-value.ts';
import { type KeyValues, parseKeyValues } from './key-value.ts';

/**
 * Names stay as they were written: dotted, or with slashes as sysctl(8) takes them too.
 *
 * @throws TsrunError USAGE for what would change the whole machine
 */
export function parseSysctls(given: KeyValues, name: OptionName): Record<string, string> {
  const pairs = parseKeyValues(given, { bareValue: null, example: 'net.ipv4.ip_forward=1' }, name);
  for (const [key, value] of Object.entries(pairs)) check(key, value, name);
  return pairs;
}

function check(key: string, value: string, name: OptionName): void {
  const text = `${key}=${value}`;
  if (sysctlPath(key) === null || !/^[\w./:@-]+$/.test(key)) {
    throw badValue(
      name,
      text,
      `"${key}" is not the name of a kernel parameter`,
      'write for example net.ipv4.ip_forward=1',
    );
  }
  if (/[\0\n]/.test(value)) throw badValue(name, text, 'the value has more than one line', 'write one line');
  const namespace = sysctlNamespace(key);
  if (namespace === 'uts') {
    const option = key.endsWith('hostname') ? 'hostname' : 'domainname';
    throw badValue(name, text, 'that name has an option of its own', `use --${option} ${value}`);
  }
  if (namespace !== null) return;
  throw badValue(
    name,
    text,
    `"${key}" belongs to the whole machine and not to a container`,
    'allowed are net.*, fs.mqueue.*, kernel.msg*, kernel.sem* and kernel.shm*; set others on the host with sysctl(8)',
  );
}
