/** Image names, as people type them and as they are stored. Grammar: distribution/reference, as docker applies it. */
import { TsrunError } from '../errors/tsrun-error.ts';

/** A whole name: `docker.io/library/alpine:latest`. Made by `parseReference`. */
export type Reference = string & { readonly __brand: 'Reference' };

/** A name's parts. `digest` is the manifest's, when the name was typed with one. */
export interface ParsedReference {
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

const component = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const host =
  /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?$|^\[[0-9a-fA-F:]+\](?::[0-9]+)?$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const maxRepository = 255;

/** Whether the first component is a registry and not part of the path: it has a dot or a port, or is localhost, or has capitals. */
const isRegistry = (first: string): boolean =>
  first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase();

/**
 * Reads a name; null when it is none.
 *
 * @example readReference('alpine') // { repository: 'docker.io/library/alpine', tag: null, digest: null }
 */
export function readReference(text: string): ParsedReference | null {
  const at = text.indexOf('@');
  const digest = at === -1 ? null : text.slice(at + 1);
  if (digest !== null && !/^sha256:[0-9a-f]{64}$/.test(digest)) return null;
  const named = at === -1 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(colon + 1) : null;
  const path = (hasTag ? named.slice(0, colon) : named).split('/');
  if (tag !== null && !tagPattern.test(tag)) return null;
  const [first = '', ...rest] = path;
  const registry = rest.length > 0 && isRegistry(first) ? first : null;
  const components = registry === null ? path : rest;
  if (!components.every((part) => component.test(part))) return null;
  if (registry !== null && !host.test(registry)) return null;
  const domain = registry === null || registry === 'index.docker.io' ? 'docker.io' : registry;
  const inLibrary = domain === 'docker.io' && components.length === 1;
  const repository = [domain, ...(inLibrary ? ['library'] : []), ...components].join('/');
  return repository.length > maxRepository ? null : { repository, tag, digest };
}

/** The whole name with its tag, `latest` when there is none; null when the text is no name. */
export function normaliseReference(text: string): Reference | null {
  const parsed = readReference(text);
  return parsed === null ? null : (`${parsed.repository}:${parsed.tag ?? 'latest'}` as Reference);
}

/**
 * As {@link normaliseReference}, for a name that must be one.
 * @throws TsrunError USAGE
 */
export function parseReference(text: string): Reference {
  const name = normaliseReference(text);
  if (name !== null) return name;
  throw new TsrunError('USAGE', `cannot use "${text}" as an image name`, {
    why: 'a name is lower-case letters, digits and . _ - in parts between slashes, then perhaps ":" and a tag',
    hint: 'for example alpine, alpine:3.20 or registry.example/team/app:1.0',
  });
}

/** A name of an image that came from a file and belongs to no registry. */
export const localReference = (repository: string, tag: string): Reference | null =>
  normaliseReference(`localhost/${repository}:${tag}`);

/**
 * What the typed name may stand for, in the order to look: the name as docker reads it, then one that came from a file.
 *
 * @example candidateReferences('app') // ['docker.io/library/app:latest', 'localhost/app:latest']
 */
export function candidateReferences(text: string): readonly Reference[] {
  const candidates = [normaliseReference(text), normaliseReference(`localhost/${text}`)];
  return candidates.filter((name) => name !== null);
}

/**
 * The short form, where typing it finds this name: beside docker.io/library/app, localhost/app keeps its registry.
 *
 * @param all every stored name
 */
export function familiarNameAmong(name: Reference, all: readonly Reference[]): string {
  const short = familiarName(name);
  const first = candidateReferences(short).find((candidate) => all.includes(candidate));
  return first === undefined || first === name ? short : name;
}

/** The short form people know: without docker.io/library/ and localhost/. */
export const familiarName = (name: Reference): string => name.replace(/^docker\.io\/(library\/)?|^localhost\//, '');
