import { describe, expect, it } from 'vitest';
import { parseConfiguration } from './configuration.ts';
import { missingCapability, pluginConfiguration, runtimeConfig } from './invocation.ts';
import { parseResult } from './result.ts';

const list = {
  cniVersion: '1.0.0',
  name: 'front',
  plugins: [
    { type: 'bridge', bridge: 'cni0', capabilities: { ips: true, mac: false } },
    { type: 'portmap', capabilities: { portMappings: true }, snat: true },
  ],
};

function configurationOf(document: unknown) {
  const parsed = parseConfiguration(JSON.stringify(document));
  if (parsed.type === 'invalid') throw new Error(parsed.why);
  return parsed.configuration;
}
const whyNot = (document: unknown): string => {
  const parsed = parseConfiguration(typeof document === 'string' ? document : JSON.stringify(document));
  return parsed.type === 'invalid' ? parsed.why : '';
};

describe('a configuration', () => {
  it('of one plugin is a list of it', () => {
    const { name, plugins } = configurationOf({ cniVersion: '0.4.0', name: 'one', type: 'ptp', mtu: 1400 });
    expect(name).toBe('one');
    expect(plugins).toEqual([
      { type: 'ptp', capabilities: [], fields: { cniVersion: '0.4.0', name: 'one', type: 'ptp', mtu: 1400 } },
    ]);
  });

  it('of several versions has the newest that is known', () => {
    expect(configurationOf({ ...list, cniVersion: '0.4.0', cniVersions: ['1.0.0', '9.0.0', '0.3.1'] }).version).toBe(
      '1.0.0',
    );
  });

  it('may refuse to be checked, and those before 0.4.0 cannot be', () => {
    expect(configurationOf(list).check).toBe('allowed');
    expect(configurationOf({ ...list, disableCheck: true }).check).toBe('refused');
    expect(configurationOf({ ...list, cniVersion: '0.3.1' }).check).toBe('refused');
  });

  it.each([
    ['{', 'it is not JSON'],
    ['[]', 'it is not an object'],
    [{ ...list, name: '../x' }, '"name"'],
    [{ ...list, cniVersion: '0.2.0' }, '"cniVersion" is "0.2.0"'],
    [{ ...list, cniVersion: undefined }, '"cniVersion" is missing'],
    [{ ...list, plugins: [] }, '"plugins"'],
    [{ ...list, plugins: ['bridge'] }, 'plugins[0] is not an object'],
    [{ ...list, plugins: [{ type: '../../bin/sh' }] }, 'plugins[0].type'],
    [{ ...list, plugins: [{ type: 'bridge', capabilities: [] }] }, 'plugins[0].capabilities'],
  ])('%j is none', (document, why) => {
    expect(whyNot(document)).toContain(why);
  });
});

describe('a plugin is told', () => {
  const wishes = {
    ips: ['10.0.0.5'],
    mac: null,
    aliases: [],
    ports: [{ protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 8080, containerPort: 80 } as const],
  };
  const configuration = configurationOf(list);
  const attachment = { configuration, containerId: 'a', space: '/n', interfaceName: 'eth0', wishes, directories: [] };

  it('what it has a capability for, and not of its capabilities', () => {
    const [bridge, portmap] = configuration.plugins.map((plugin) => pluginConfiguration(attachment, plugin));
    expect(bridge).toEqual({
      cniVersion: '1.0.0',
      name: 'front',
      type: 'bridge',
      bridge: 'cni0',
      runtimeConfig: { ips: ['10.0.0.5'] },
    });
    const mapping = { hostPort: 8080, containerPort: 80, protocol: 'tcp', hostIP: '127.0.0.1' };
    expect(portmap).toMatchObject({ snat: true, runtimeConfig: { portMappings: [mapping] } });
  });

  it('or nobody is', () => {
    expect(missingCapability(configuration, wishes)).toBeNull();
    expect(missingCapability(configuration, { ...wishes, mac: '02:00:00:00:00:01' })).toBe('mac');
    expect(runtimeConfig({ ips: [], mac: null, aliases: [], ports: [] })).toEqual({});
  });
});

describe('a result', () => {
  it('has the addresses of the container, not those of the host', () => {
    const result = parseResult(
      JSON.stringify({
        cniVersion: '1.0.0',
        interfaces: [
          { name: 'cni0', mac: '02:00:00:00:00:01' },
          { name: 'eth0', mac: '02:00:00:00:00:02', sandbox: '/n' },
        ],
        ips: [
          { address: 'fd00::5/64', interface: 1 },
          { address: '10.0.0.1/24', interface: 0 },
          { address: '10.0.0.5/24', gateway: '10.0.0.1', interface: 1 },
        ],
        dns: { nameservers: ['10.0.0.53', 'no\nnameserver 1.2.3.4'], domain: 'a.test', search: ['b.test', 'c test'] },
      }),
    );
    expect(result).toMatchObject({
      addresses: ['10.0.0.5', 'fd00::5'],
      gateway: '10.0.0.1',
      mac: '02:00:00:00:00:02',
      hostInterfaces: ['cni0'],
      dns: { servers: ['10.0.0.53'], search: ['a.test', 'b.test'], options: [] },
    });
  });

  it.each([
    '[]',
    '{"interfaces":{}}',
    '{"ips":[{"address":"10.0.0.1\\n/24"}]}',
    '{"ips":[{"address":"10.0.0.1/24","interface":-1}]}',
    '{"ips":[{"address":"10.0.0.1/24","gateway":"x"}]}',
    '{"interfaces":[{"name":1}]}',
    '{"dns":[]}',
    '',
  ])('%s is none', (text) => {
    expect(typeof parseResult(text)).toBe('string');
  });
});
