/** process.json of `exec --process`: the `process` object of config.json, in a file of its own. */
import type { OciProcess } from '../oci/config.ts';
import { parseDocument, parseProcess } from '../oci/parse/config.ts';
import { readDocument } from './read-bundle.ts';

/** @throws TsrunError CONFIG_INVALID naming the file or the field */
export const readProcess = (path: string): OciProcess =>
  parseProcess(parseDocument(readDocument(path), 'process.json'));

/** A process that was put together from flags, checked as if it stood in a document. @throws TsrunError CONFIG_INVALID */
export const checkProcess = (document: unknown): OciProcess => parseProcess(document);
