/** Options of docker's volume driver "local": where a volume has its files. */
import { badValue, type OptionName } from './bad-value.ts';
import { type KeyValues, parseKeyValues } from './key-value.ts';

/** The one driver there is. */
export const localDriver = 'local';

/** Where a volume has its files. */
export type VolumePlace =
  | { readonly type: 'own' }
  /** A directory of the host. */
  | { readonly type: 'bind'; readonly device: string; readonly access: 'rw' | 'ro' };

/**
 * The options as they were written, checked: {@link volumePlace} says what they mean.
 *
 * @throws TsrunError USAGE for what would need a mount on the host, which tsrun makes none of
 */
export function parseDriverOptions(driver: string, given: KeyValues, name: OptionName): Record<string, string> {
  if (driver !== localDriver) {
    throw badValue(name, driver, `there is no volume driver "${driver}"`, `the only one is ${localDriver}`);
  }
  const options = parseKeyValues(given, { bareValue: null, example: 'type=none' }, name);
  checkOptions(options, name);
  return options;
}

/** Of options that were checked. */
export function volumePlace(options: Readonly<Record<string, string>>): VolumePlace {
  const { device, o = '' } = options;
  if (device === undefined) return { type: 'own' };
  return { type: 'bind', device, access: o.split(',').includes('ro') ? 'ro' : 'rw' };
}

/** What mount(8) says of a bind; the rest is about filesystems. */
const bindWords = ['bind', 'rbind', 'ro', 'rw'];

function checkOptions(options: Readonly<Record<string, string>>, name: OptionName): void {
  const { type, device, o = '' } = options;
  const words = o.split(',').filter((word) => word !== '');
  for (const key of Object.keys(options)) {
    if (['type', 'device', 'o'].includes(key)) continue;
    const why =
      key === 'size' ? 'the size of a volume can be limited with quotas alone' : `there is no option "${key}"`;
    throw badValue(name, `${key}=${options[key]}`, why, 'the options are type, device and o');
  }
  if (Object.keys(options).length === 0) return;
  if (type === 'tmpfs') {
    throw badValue(
      name,
      'type=tmpfs',
      'a tmpfs lives as long as it is mounted, and tsrun mounts nothing on the host that could outlive a container',
      'use --tmpfs for a directory in memory',
    );
  }
  if ((type ?? 'none') !== 'none') {
    throw badValue(
      name,
      `type=${type}`,
      'tsrun mounts nothing on the host',
      'mount it yourself, and bind that: -o type=none -o o=bind -o device=/where/it/is',
    );
  }
  const isBind = words.includes('bind') || words.includes('rbind');
  if (!isBind || device === undefined || !device.startsWith('/')) {
    throw badValue(
      name,
      Object.entries(options)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
      !isBind
        ? 'without a filesystem only a bind makes sense'
        : 'the device has to be the absolute path of a directory',
      'write -o type=none -o o=bind -o device=/path',
    );
  }
  const strange = words.find((word) => !bindWords.includes(word));
  if (strange !== undefined) {
    throw badValue(name, `o=${o}`, `"${strange}" is not an option of a bind here`, `they are ${bindWords.join(', ')}`);
  }
}
