/** `--device SOURCE[:TARGET][:rwm]` and `--device-cgroup-rule`. */
import { parseMountTarget } from './absolute-path.ts';
import { badValue, notYet, type OptionName } from './bad-value.ts';
import type { DeviceRequest } from './run-request.ts';

const isAccess = (text: string): boolean => /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;

/**
 * @example parseDevice('/dev/sda:/dev/xvda:r', '--device')
 * @throws TsrunError USAGE; NOT_YET for CDI names
 */
export function parseDevice(value: string, name: OptionName): DeviceRequest {
  if (/^[a-zA-Z][\w.-]*\/[\w.-]+=[\w.:-]+$/.test(value)) {
    throw notYet(name, value, 'names of the Container Device Interface are not looked up', 'name the device: /dev/...');
  }
  const parts = value.split(':');
  const [source = '', second, third] = parts;
  const example = 'write for example /dev/ttyUSB0 or /dev/sda:/dev/xvda:r';
  if (parts.length > 3) throw badValue(name, value, 'it has more than two colons', example);
  if (!source.startsWith('/')) throw badValue(name, value, 'the path of a device on the host is absolute', example);
  const onlyAccess = second !== undefined && third === undefined && !second.startsWith('/');
  const access = (onlyAccess ? second : third) ?? 'rwm';
  if (!isAccess(access)) {
    throw badValue(name, value, `"${access}" is neither an absolute path nor access made of r, w and m`, example);
  }
  const target = second === undefined || onlyAccess ? source : second;
  return { source, target: parseMountTarget(target, value, name), access };
}

/**
 * A rule of the device control group: `c 1:3 rwm`, `b *:* r`, `a *:* rwm`.
 * @throws TsrunError USAGE
 */
export function parseDeviceCgroupRule(value: string, name: OptionName): string {
  const match = /^([acb]) (\d{1,10}|\*):(\d{1,10}|\*) ([rwm]{1,3})$/.exec(value);
  if (match !== null && isAccess(match[4] ?? '')) return value;
  throw badValue(
    name,
    value,
    'a rule is a type (a, b or c), MAJOR:MINOR (each a number or *) and access made of r, w and m',
    'write for example "c 1:3 rwm"',
  );
}
