/** `--cap-add` and `--cap-drop`. */
import { nearest } from '../../errors/nearest.ts';
import { capabilityNames, isCapabilityName } from '../../oci/capabilities.ts';
import { badValue, type OptionName } from './bad-value.ts';

/**
 * Names in any case, with or without CAP_, or ALL. A comma separates several.
 *
 * @example parseCapabilities(['net_admin'], '--cap-add') // ['CAP_NET_ADMIN']
 * @throws TsrunError USAGE
 */
export const parseCapabilities = (given: readonly string[], name: OptionName): string[] => [
  ...new Set(given.flatMap((text) => text.split(',')).map((text) => parseCapability(text, name))),
];

function parseCapability(text: string, name: OptionName): string {
  const upper = text.trim().toUpperCase();
  if (upper === 'ALL') return 'ALL';
  const full = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  if (isCapabilityName(full)) return full;
  const close = nearest(full, capabilityNames);
  throw badValue(
    name,
    text,
    'there is no such capability',
    close === null
      ? 'capabilities(7) lists them; write for example NET_ADMIN, or ALL'
      : `did you mean "${close.slice(4)}"?`,
  );
}

/** What the flags take, in docker's spelling. */
export const capabilityWords = (): readonly string[] => ['ALL', ...capabilityNames.map((name) => name.slice(4))];
