/** What was tried, when nothing is what the person typed. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { nearest } from '../errors/nearest.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import { looksLikePath } from './argument.ts';
import { familiarName, readReference } from './reference.ts';
import type { StoreLayout } from './store/layout.ts';
import { listNames } from './store/names.ts';

/**
 * IMAGE_NOT_FOUND with the nearest name of a file beside it or of a stored image.
 *
 * @param pulling what a registry was found to say; null: none was asked
 */
export function notFound(layout: StoreLayout, argument: string, pulling: TsrunError | null): TsrunError {
  if (argument === '') {
    return new TsrunError('USAGE', 'the name of the image is empty', {
      why: 'often a variable of the shell that is not set',
      hint: 'give an image file, a directory or a name that "tsrun images" lists',
    });
  }
  const path = resolve(argument);
  const tried = [
    `there is no file "${path}"`,
    ...(looksLikePath(argument) && readReference(argument) === null ? [] : ['no stored image has that name or id']),
    ...(/^[a-z+-]+:\/\//.test(argument) ? ['a name has no "://"'] : []),
    ...(pulling === null ? [] : [saidBy(pulling)]),
  ];
  const near = otherTag(layout, argument) ?? nearestFile(argument) ?? nearest(argument, storedNames(layout));
  return new TsrunError('IMAGE_NOT_FOUND', `cannot find the image "${argument}"`, {
    why: tried.join(', and '),
    hint:
      near !== null
        ? `did you mean "${near}"?`
        : (pulling?.hint ??
          'give an image file (from "docker save" or "skopeo copy"), a root filesystem or a name that "tsrun images" lists'),
    ...(pulling === null ? {} : { cause: pulling }),
  });
}

/** One sentence of an error that has three. */
const saidBy = ({ code, message, why }: TsrunError): string =>
  code === 'REGISTRY' ? `${message}: ${why}` : (why ?? message);

/** The same where only stored images count: a file of that name has to be loaded first. */
export function notStored(layout: StoreLayout, argument: string, wanted: 'read' | 'remove'): TsrunError {
  if (argument === '') return notFound(layout, argument, null);
  if (wanted === 'remove' || !existsSync(argument)) {
    const near = otherTag(layout, argument) ?? nearest(argument, storedNames(layout));
    return new TsrunError('IMAGE_NOT_FOUND', `cannot find the stored image "${argument}"`, {
      why: 'no stored image has that name or id',
      hint: near === null ? '"tsrun images" lists them' : `did you mean "${near}"?`,
    });
  }
  return new TsrunError('IMAGE_NOT_FOUND', `cannot find the stored image "${argument}"`, {
    why: 'there is a file of that name, and no stored image',
    hint: `store it first: tsrun load -i ${argument}`,
  });
}

const storedNames = (layout: StoreLayout): readonly string[] => listNames(layout).map(({ name }) => familiarName(name));

/** The same repository with a tag that is stored. */
function otherTag(layout: StoreLayout, argument: string): string | null {
  const untagged = argument.replace(/:[^:/]*$/, '');
  return storedNames(layout).find((name) => name.startsWith(`${untagged}:`)) ?? null;
}

function nearestFile(argument: string): string | null {
  try {
    const file = nearest(basename(argument), readdirSync(dirname(resolve(argument))));
    return file === null ? null : argument.slice(0, argument.length - basename(argument).length) + file;
  } catch {
    return null;
  }
}
