/** The errors of the tar reader. */
import { TsrunError } from '../../../errors/tsrun-error.ts';

/** A layer that breaks the tar format, or reads differently in different programs. */
export const damaged = (why: string): TsrunError =>
  new TsrunError('IMAGE_INVALID', 'cannot read the layer', {
    why,
    hint: 'the archive is damaged or was made to mislead; fetch or export it again',
  });

/** A layer that is well-formed tar of a kind that is not read. */
export const unsupported = (why: string): TsrunError =>
  new TsrunError('IMAGE_UNSUPPORTED', 'cannot read the layer', { why });
