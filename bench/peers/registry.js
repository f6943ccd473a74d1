// distribution's registry on the loopback, with a directory in the workspace.
import { mkdirSync, writeFileSync } from 'node:fs';

/**
 * Starts one and waits until it listens.
 *
 * @param {import('../setup/workspace.js').Workspace} workspace
 * @returns {Promise<string>} host:port
 */
export async function startRegistry(workspace) {
  const directory = workspace.at('registry');
  mkdirSync(directory);
  const config = {
    version: '0.1',
    storage: { filesystem: { rootdirectory: workspace.at('registry', 'data') } },
    http: { addr: '127.0.0.1:0', secret: 'of this benchmark' },
    log: { level: 'info', formatter: 'text', accesslog: { disabled: true } },
  };
  // YAML reads JSON.
  writeFileSync(workspace.at('registry', 'config.yml'), JSON.stringify(config));
  const server = workspace.start(['docker-registry', 'serve', workspace.at('registry', 'config.yml')]);
  workspace.atEnd(() => server.kill('SIGKILL'));
  return await new Promise((resolve, reject) => {
    let said = '';
    const hear = (/** @type {Buffer} */ chunk) => {
      if (said === 'heard') return;
      said += chunk.toString();
      const [, host] = /listening on (127\.0\.0\.1:\d+)/.exec(said) ?? [];
      if (host === undefined) return;
      said = 'heard';
      resolve(host);
    };
    server.stdout?.on('data', hear);
    server.stderr?.on('data', hear);
    server.on('error', reject);
    server.on('close', () => reject(new Error(`docker-registry ended: ${said}`)));
  });
}
