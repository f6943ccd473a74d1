/** The name of a capability as somebody typed it. */
import { nearest } from '../errors/nearest.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import { type CapabilityName, capabilityNames, isCapabilityName } from '../oci/capabilities.ts';

/**
 * @param flag that it was the value of
 * @throws TsrunError USAGE
 */
export function parseCapability(text: string, flag: string): CapabilityName {
  if (isCapabilityName(text)) return text;
  const close = nearest(`CAP_${text.toUpperCase().replace(/^CAP_/, '')}`, capabilityNames);
  throw new TsrunError('USAGE', `${flag} cannot be "${text}"`, {
    why: 'it is the name of a capability, as in capabilities(7)',
    ...(close === null ? {} : { hint: `did you mean ${close}?` }),
  });
}
