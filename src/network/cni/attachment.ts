/** The operations on a place on a network of CNI: cni/SPEC.md, section 3. */
import { statfsSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { toldLater } from '../netlink/witness.ts';
import type { CniPlugin } from './configuration.ts';
import { findPlugin } from './find-configuration.ts';
import { type CniAttachment, type CniVerb, pluginConfiguration, pluginEnvironment } from './invocation.ts';
import { type CniError, type CniResult, hintFor, parseResult } from './result.ts';
import { runPlugin } from './run-plugin.ts';

type Document = Readonly<Record<string, unknown>>;

/**
 * Each plugin gets the result of the one before; that of the last is the network's.
 *
 * @throws TsrunError NETWORK_PLUGIN; what the plugins before it have made is there
 */
export async function addAttachment(attachment: CniAttachment): Promise<CniResult> {
  let last: CniResult | null = null;
  for (const plugin of attachment.configuration.plugins) {
    const output = await call(attachment, plugin, 'ADD', attachment.space, last?.document ?? null);
    const result = parseResult(output);
    if (typeof result === 'string') throw refused('ADD', attachment, plugin, { code: null, words: result });
    last = result;
  }
  if (last === null) throw new Error('a configuration without plugins');
  return last;
}

/**
 * Backwards, each with the result of ADD, or `null` of one that did not come to its end. Idempotent, as plugins have to be.
 *
 * @throws TsrunError NETWORK_PLUGIN; what is left can be tried again
 */
export async function deleteAttachment(attachment: CniAttachment, result: Document | null): Promise<void> {
  // After a restart of the machine: what was inside has gone with the namespace.
  const space = isNamespace(attachment.space) ? attachment.space : '';
  for (const plugin of attachment.configuration.plugins.toReversed()) {
    await call(attachment, plugin, 'DEL', space, result);
  }
}

/** @returns what a plugin does not find as it has left it; null: all is well, or nobody may ask */
export async function checkAttachment(attachment: CniAttachment, result: Document): Promise<string | null> {
  if (attachment.configuration.check === 'refused') return null;
  for (const plugin of attachment.configuration.plugins) {
    try {
      await call(attachment, plugin, 'CHECK', attachment.space, result);
    } catch (error) {
      if (error instanceof TsrunError) return `${plugin.type} says: ${error.why}`;
      throw error;
    }
  }
  return null;
}

async function call(
  attachment: CniAttachment,
  plugin: CniPlugin,
  verb: CniVerb,
  space: string,
  prevResult: Document | null,
): Promise<string> {
  const program = findPlugin(plugin, attachment.directories);
  const configuration = pluginConfiguration(attachment, plugin);
  const input = JSON.stringify(prevResult === null ? configuration : { ...configuration, prevResult });
  const environment = pluginEnvironment(attachment, space);
  const outcome = await toldLater(
    () => runPlugin(program, verb, environment, input),
    (done, nanoseconds) => ({
      type: 'plugin',
      ...{ program, verb, environment, input, nanoseconds },
      output: done.type === 'done' ? done.output : done.error.words,
    }),
  );
  if (outcome.type === 'failed') throw refused(verb, attachment, plugin, outcome.error);
  return outcome.output;
}

const what: Readonly<Record<CniVerb, string>> = {
  ADD: 'cannot connect the container with',
  DEL: 'cannot take the container off',
  CHECK: 'the container is not as it was connected with',
};

function refused(verb: CniVerb, { configuration }: CniAttachment, { type }: CniPlugin, error: CniError): TsrunError {
  const code = error.code === null ? '' : ` (code ${error.code})`;
  return new TsrunError('NETWORK_PLUGIN', `${what[verb]} the CNI network "${configuration.name}"`, {
    why: `plugin "${type}"${code}: ${error.words}`,
    hint: hintFor(error),
  });
}

/** NSFS_MAGIC of statfs(2). */
const nsfs = 0x6e736673;

function isNamespace(path: string): boolean {
  try {
    return statfsSync(path).type === nsfs;
  } catch {
    return false;
  }
}
