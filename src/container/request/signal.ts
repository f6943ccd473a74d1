/** Signals by name or number. */
import { nearest } from '../../errors/nearest.ts';
import { signalName, signalNumber } from '../../oci/signals.ts';
import { badValue, type OptionName } from './bad-value.ts';

/**
 * @example parseSignal('TERM', '--stop-signal') // 15
 * @throws TsrunError USAGE
 */
export function parseSignal(value: string | number, name: OptionName): number {
  const text = String(value);
  const number = signalNumber(text);
  if (number !== null) return number;
  const standard = Array.from({ length: 31 }, (_, index) => signalName(index + 1));
  const close = nearest(`SIG${text.toUpperCase().replace(/^SIG/, '')}`, standard);
  throw badValue(
    name,
    text,
    'there is no such signal',
    close === null ? 'write a name such as SIGTERM or a number from 1 to 64' : `did you mean "${close}"?`,
  );
}
