/** Options that nobody checked: test runners strip types, and a mistyped `memroy` would be a container without a limit. */
import { nearest } from '../errors/nearest.ts';
import { TsrunError } from '../errors/tsrun-error.ts';

/**
 * @param known the names of all options of `call`
 * @throws TsrunError USAGE naming the first that is none
 */
export function checkOptions(given: object, known: Readonly<Record<string, true>>, call: string): void {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue;
    const close = nearest(name, Object.keys(known));
    throw new TsrunError('USAGE', `unknown option "${name}" of ${call}`, {
      why: `${call} has no option of that name`,
      hint: close === null ? 'its types and "npm run docs" have them all' : `did you mean "${close}"?`,
    });
  }
}

/** @throws TsrunError USAGE for an image that is none, most often a variable that is not set */
export function checkImage(image: unknown): void {
  if (typeof image === 'string') return;
  throw new TsrunError('USAGE', 'no image was given', {
    why: `it is ${image === null ? 'null' : typeof image}, and has to be a text`,
    hint: 'give an image file, a directory or the name of a stored image',
  });
}
