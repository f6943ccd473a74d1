/** The document of `update --resources`: `linux.resources` of config.json, in a file of its own or on standard input. */
import { parseDocument, parseResources } from '../oci/parse/config.ts';
import type { OciResources } from '../oci/resources.ts';
import { readDocument } from './read-bundle.ts';

/** @param from path, or the bytes @throws TsrunError CONFIG_INVALID naming the file or the field */
export const readResources = (from: string | Uint8Array): OciResources =>
  parseResources(parseDocument(typeof from === 'string' ? readDocument(from) : from, 'the resources'));

/** Resources that were put together from flags. @throws TsrunError CONFIG_INVALID */
export const checkResources = (document: unknown): OciResources => parseResources(document);
