/**
 * config.json, process.json and the resources of `update`, from bytes to our types: runtime-spec config.md.
 *
 * Everything that can be judged without the host is judged here, and the first thing that is wrong is the error, with its path.
 * What passes is what the specification means by it: unknown fields are left out, null is absent.
 */
import { isUtf8 } from 'node:buffer';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { OciConfig, OciHook, OciHooks, OciProcess, OciRoot } from '../config.ts';
import type { OciResources } from '../resources.ts';
import {
  absolutePath,
  anyText,
  boolean,
  integer,
  list,
  map,
  may,
  need,
  object,
  type Parser,
  someText,
  text,
} from './combinators.ts';
import { checkConsistency } from './consistency.ts';
import { parseExactJson } from './exact-json.ts';
import { linux } from './linux.ts';
import { mounts } from './mounts.ts';
import { documentPlace, fail, inside, shown } from './place.ts';
import { environment, process } from './process.ts';
import { resources } from './resources.ts';

const hook: Parser<OciHook> = object<OciHook>({
  path: need(absolutePath),
  args: may(list(text)),
  env: may(environment),
  // Seconds; a timer of Node takes 2^31 milliseconds.
  timeout: may(integer(1, 2_147_483)),
});

const hooks: Parser<OciHooks> = object<OciHooks>({
  prestart: may(list(hook)),
  createRuntime: may(list(hook)),
  createContainer: may(list(hook)),
  startContainer: may(list(hook)),
  poststart: may(list(hook)),
  poststop: may(list(hook)),
});

/** Every 1.x, whatever stands after the number: the specification adds and does not break. */
const version: Parser<string> = (value, at) => {
  const given = anyText(value, at);
  if (/^1\.\d+\.\d+(?:[-+].*)?$/.test(given)) return given;
  return fail(at, `must be a version 1.x of the runtime-spec, is ${shown(given)}`, '');
};

const fields: Parser<OciConfig> = object<OciConfig>({
  ociVersion: need(version),
  root: may(object<OciRoot>({ path: need(someText), readonly: may(boolean) })),
  mounts: may(mounts),
  process: may(process),
  hostname: may(text),
  domainname: may(text),
  hooks: may(hooks),
  annotations: may(map(anyText)),
  linux: may(linux),
});

/** A config that a container can be made of. */
export type BundleConfig = OciConfig & Required<Pick<OciConfig, 'root' | 'process'>>;

/**
 * A container's config, from JSON that was parsed already (with parseExactJson, or large seccomp values are refused).
 *
 * `root.path` and the sources of bind mounts stay relative to the bundle where they are; mount destinations are absolute.
 *
 * @throws TsrunError CONFIG_INVALID
 * @example parseConfig({ ociVersion: '1.0.2', root: { path: 'rootfs' }, process: { cwd: '/', args: ['sh'] } })
 */
export function parseConfig(document: unknown): BundleConfig {
  const at = documentPlace('config.json');
  const { root, process: first, ...rest } = fields(document, at);
  // Optional to the specification: `create` may do without. Nobody does, and runc wants them too.
  if (root === undefined) fail(inside(at, 'root'), 'is missing', '');
  if (first === undefined) fail(inside(at, 'process'), 'is missing', '');
  const config = { ...rest, root, process: first };
  checkConsistency(config, at);
  return config;
}

/** The process of `exec --process`. @throws TsrunError CONFIG_INVALID */
export const parseProcess = (document: unknown): OciProcess => process(document, documentPlace('process.json'));

/** The document of `update --resources`. @throws TsrunError CONFIG_INVALID */
export const parseResources = (document: unknown): OciResources => resources(document, documentPlace('the resources'));

/**
 * The JSON value in a file's bytes, 64-bit integers exact.
 *
 * @param name for messages, for example `config.json`
 * @throws TsrunError CONFIG_INVALID when it is not UTF-8 or not JSON
 * @example parseConfig(parseDocument(readFileSync('config.json'), 'config.json'))
 */
export function parseDocument(bytes: Uint8Array, name: string): unknown {
  const refuse = (why: string, cause: unknown): never => {
    throw new TsrunError('CONFIG_INVALID', `cannot use ${name}`, { why, cause });
  };
  if (bytes.length === 0) return refuse('it is empty', null);
  // A TextDecoder would be loaded for this alone.
  if (!isUtf8(bytes)) return refuse('it is not UTF-8', null);
  const json = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  try {
    return parseExactJson(json);
  } catch (cause) {
    // The reviver descends by recursion.
    if (cause instanceof RangeError) return refuse('it is nested too deeply', cause);
    return refuse(`it is not JSON: ${(cause as Error).message}`, cause);
  }
}
