/** What `network fault` and the library's `Network.fault` ask for. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Fault } from '../../network/fault.ts';
import { durationMilliseconds } from './duration.ts';

type Spell = (flag: keyof FaultFlags) => string;
const asFlag: Spell = (flag) => `--${flag}`;

/** As they were typed. */
export interface FaultFlags {
  readonly latency?: string;
  readonly jitter?: string;
  readonly loss?: string;
  readonly rate?: string;
  readonly cut?: boolean;
  readonly clear?: boolean;
}

/** @throws TsrunError USAGE */
export function parseFault({ latency, jitter, loss, rate, cut, clear }: FaultFlags, spell: Spell = asFlag): Fault {
  const disturbing = [latency, jitter, loss].some((flag) => flag !== undefined);
  const kinds = [cut === true, clear === true, disturbing || rate !== undefined].filter(Boolean).length;
  if (kinds !== 1) {
    throw new TsrunError('USAGE', kinds === 0 ? 'no fault was given' : 'these flags contradict each other', {
      why: `it is one of: ${spell('cut')}, ${spell('clear')}, or some of ${spell('latency')}, ${spell('jitter')}, ${spell('loss')} and ${spell('rate')}`,
      hint: `for example ${spell('latency')} 100ms and ${spell('loss')} 1%`,
    });
  }
  if (cut === true) return { type: 'cut' };
  if (clear === true) return { type: 'none' };
  const bytes = rate === undefined ? null : parseRate(rate, spell('rate'));
  if (!disturbing && bytes !== null) return { type: 'rate', rate: bytes };
  if (jitter !== undefined && latency === undefined) {
    throw new TsrunError('USAGE', `${spell('jitter')} needs ${spell('latency')}`, {
      why: 'it says by how much the latency changes from packet to packet',
      hint: `for example ${spell('latency')} 100ms and ${spell('jitter')} 10ms`,
    });
  }
  return {
    type: 'disturbed',
    netem: {
      latencyNanoseconds: parseTime(spell('latency'), latency),
      jitterNanoseconds: parseTime(spell('jitter'), jitter),
      loss: loss === undefined ? 0 : parseLoss(loss, spell('loss')),
      rate: bytes,
    },
  };
}

const longest = 3_600_000;

function parseTime(flag: string, text: string | undefined): number {
  if (text === undefined) return 0;
  const milliseconds = durationMilliseconds(text);
  if (milliseconds !== null && milliseconds <= longest) return Math.round(milliseconds * 1e6);
  throw new TsrunError('USAGE', `invalid value "${text}" for ${flag}`, {
    why: 'it is no time of at most an hour',
    hint: 'write for example 100ms, 1.5s or 250us',
  });
}

/** @example parseLoss('1.5%', '--loss') // 0.015 */
function parseLoss(text: string, flag: string): number {
  const percent = /^(\d+(?:\.\d+)?)%?$/.exec(text)?.[1];
  if (percent !== undefined && Number(percent) <= 100) return Number(percent) / 100;
  throw new TsrunError('USAGE', `invalid value "${text}" for ${flag}`, {
    why: 'it is no share of 0% to 100%',
    hint: 'write for example 1% or 0.5%',
  });
}

const units: Readonly<Record<string, number>> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 };

/** As tc(8) has them. @example parseRate('8mbit', '--rate') // 1000000, bytes per second */
function parseRate(text: string, flag: string): number {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)(bit|kbit|mbit|gbit)$/i.exec(text) ?? [];
  const bytes = Math.round((Number(count) * (units[unit.toLowerCase()] ?? 0)) / 8);
  // 8kbit: less than a full packet in a second is no network.
  if (bytes >= 1000 && bytes <= 125e9) return bytes;
  throw new TsrunError('USAGE', `invalid value "${text}" for ${flag}`, {
    why: 'it is no rate of 8kbit to 1000gbit',
    hint: 'write for example 500kbit, 10mbit or 1gbit: bits in a second',
  });
}
