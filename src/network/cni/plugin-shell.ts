/** The calls of plugins as lines of a shell script: around the steps of a plan. */
import { dirname } from 'node:path';
import type { NetworkShell } from '../network-shell.ts';
import { findPlugin } from './find-configuration.ts';
import { type CniAttachment, type CniVerb, pluginConfiguration, pluginEnvironment } from './invocation.ts';

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** @throws TsrunError HOST_UNSUPPORTED: a plugin is not there */
export function pluginShell(attachment: CniAttachment): NetworkShell {
  const { configuration, space, directories } = attachment;
  const calls = configuration.plugins.map((plugin) => ({
    program: findPlugin(plugin, directories),
    // Without its last brace: the result of the plugin before comes behind it.
    open: JSON.stringify(pluginConfiguration(attachment, plugin)).slice(0, -1),
  }));
  const line = ({ program, open }: (typeof calls)[number], verb: CniVerb, previous: 'with' | 'without'): string =>
    `printf ${previous === 'with' ? `'%s,"prevResult":%s}'` : `'%s}'`} ${quote(open)}${previous === 'with' ? ' "$result"' : ''} | CNI_COMMAND=${verb} ${quote(program)}`;
  const variables = Object.entries(pluginEnvironment(attachment, space)).map(([key, text]) => `${key}=${quote(text)}`);
  return {
    setUp: [
      `# A network namespace, and the plugins of the CNI network ${configuration.name} on it.`,
      `export ${variables.join(' ')}`,
      `mkdir -p ${quote(dirname(space))}`,
      ': > "$CNI_NETNS"',
      'unshare --net="$CNI_NETNS" true',
      'nsenter --net="$CNI_NETNS" ip link set lo up',
      ...calls.map((call, index) => `result=$(${line(call, 'ADD', index === 0 ? 'without' : 'with')})`),
    ],
    cleanUp: [
      ...calls.toReversed().map((call) => `${line(call, 'DEL', 'with')} || true`),
      `umount ${quote(space)}; rm -f ${quote(space)}`,
    ],
  };
}
