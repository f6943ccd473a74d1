/** `--device-read-bps` and its three sisters: `PATH:RATE`. */
import { badValue, type OptionName } from './bad-value.ts';
import { parseInteger } from './integer.ts';
import type { DeviceRate } from './run-request.ts';
import { parseSize } from './size.ts';

/** `PATH:RATE`, or the same as an object. */
export type DeviceRateOption =
  | string
  | {
      /** Of the device on the host. */
      readonly path: string;
      /** A size such as `10m`, or a number of operations. */
      readonly rate: string | number;
    };

/** A rate in bytes per second takes the units of sizes; operations per second are counted. */
export type RateUnit = 'bytes' | 'operations';

/** The kernel's, tg_set_limit in block/blk-throttle.c. */
const least = 2;

/**
 * @example parseDeviceRate('/dev/sda:10m', 'bytes', '--device-read-bps') // { path: '/dev/sda', rate: 10485760 }
 * @throws TsrunError USAGE
 */
export function parseDeviceRate(given: DeviceRateOption, unit: RateUnit, name: OptionName): DeviceRate {
  const text = typeof given === 'string' ? given : `${given.path}:${given.rate}`;
  const colon = text.lastIndexOf(':');
  const path = colon === -1 ? text : text.slice(0, colon);
  const example = unit === 'bytes' ? 'write for example /dev/sda:10m' : 'write for example /dev/sda:1000';
  if (!path.startsWith('/'))
    throw badValue(name, text, 'it does not start with the absolute path of a device', example);
  if (colon === -1) throw badValue(name, text, 'there is no rate', example);
  const rateText = text.slice(colon + 1);
  const rate =
    unit === 'bytes'
      ? parseSize(rateText, `rate of ${name}`)
      : parseInteger(rateText, { least, most: Number.MAX_SAFE_INTEGER, unit: '' }, `rate of ${name}`);
  if (rate === 0) throw badValue(name, text, 'a rate of 0 would stop the device', example);
  if (rate < least) throw badValue(name, text, `the kernel takes no rate below ${least}`, example);
  return { path, rate };
}
