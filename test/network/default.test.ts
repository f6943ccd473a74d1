/** The network of a container that asks for none; and what lets it out of a machine that is no router. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { tsrunPath } from '../support/fixture.ts';
import { HostNetwork } from '../support/host-network.ts';
import { busybox } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

const test = requires('root', 'program-nft');

let host: HostNetwork;
let outside: HostNetwork;
beforeAll(async () => {
  host = await HostNetwork.make();
  outside = await HostNetwork.make();
  if (process.getuid?.() !== 0) return;
  // A neighbour at 192.0.2.2, and another network behind this machine, 198.51.100.0/24.
  await host.text('ip', 'link', 'add', 'up0', 'type', 'veth', 'peer', 'name', 'up1', 'netns', String(outside.pid));
  await host.text('ip', 'address', 'add', '192.0.2.1/24', 'dev', 'up0');
  await host.text('ip', 'link', 'set', 'up0', 'up');
  await outside.text('ip', 'address', 'add', '192.0.2.2/24', 'dev', 'up1');
  await outside.text('ip', 'link', 'set', 'up1', 'up');
});
afterAll(async () => {
  await outside.dispose();
  await host.dispose();
});

/** Who is reached says that nobody listens. */
const knock = `
import socket
try: socket.create_connection(('198.51.100.2', 1), 1)
except ConnectionRefusedError: print('reached')
except OSError: print('not')
`;

const forwarding = (name: string): Promise<string> => host.text('cat', `/proc/sys/net/ipv4/conf/${name}/forwarding`);

/** Nothing of ours that a host could see. */
async function nothingLeft(): Promise<void> {
  const links = async (): Promise<string> => (await host.text('ip', '-brief', 'link')).replace(/[@ ].*$/gm, '');
  for (let tries = 0; (await links()) !== 'lo\nup0' && tries < 500; tries++);
  expect(await links()).toBe('lo\nup0');
  expect(await host.text('nft', 'list', 'ruleset')).toBe('');
  expect(
    readdirSync(join(host.kept.home.state, 'networks'), { recursive: true }).filter((name) => name !== '.ports'),
  ).toEqual([]);
  expect(await forwarding('up0')).toBe('0');
}

describe('a container that asks for no network', () => {
  test('is on the bridge, and reaches a neighbour of a machine that is no router', async () => {
    const ping = 'ip -4 -o addr show eth0; ping -c 1 -W 5 192.0.2.2';
    const out = await host.out('run', '--rm', busybox, 'sh', '-c', ping);
    expect(out).toContain('inet 10.212.0.2/16');
    expect(out).toContain('1 packets received');
    await nothingLeft();
  });

  test('is reached from outside at a port that it publishes there', async () => {
    await host.detached(
      'web',
      'mkdir /www; echo hello > /www/index.html; httpd -h /www; echo ready; exec sleep 1000',
      '-p',
      '0.0.0.0:8080:80',
    );
    await host.kept.untilLogged('web', 'ready');
    expect(await outside.text('wget', '-qO-', 'http://192.0.2.1:8080/')).toBe('hello');
    await host.out('rm', '-f', 'web');
    await nothingLeft();
  });

  test('makes no router of the machine for anybody else', async () => {
    const behind = await HostNetwork.make();
    try {
      const pid = String(behind.pid);
      await host.text('ip', 'link', 'add', 'in0', 'type', 'veth', 'peer', 'name', 'in1', 'netns', pid);
      await host.text('ip', 'address', 'add', '198.51.100.1/24', 'dev', 'in0');
      await host.text('ip', 'link', 'set', 'in0', 'up');
      await behind.text('ip', 'address', 'add', '198.51.100.2/24', 'dev', 'in1');
      await behind.text('ip', 'link', 'set', 'in1', 'up');
      await behind.text('ip', 'route', 'add', 'default', 'via', '198.51.100.1');
      await outside.text('ip', 'route', 'add', 'default', 'via', '192.0.2.1');
      await host.detached('open', 'exec sleep 1000');
      expect(await forwarding('up0')).toBe('1');
      const through = (): Promise<string> => outside.text('python3', '-c', knock);
      expect(await through()).toBe('not');
      // Somebody else makes a router of it: then it is one, from the next container on.
      await host.text('sysctl', '-qw', 'net.ipv4.ip_forward=1');
      await host.out('run', '-q', '--rm', busybox, 'true');
      expect(await through()).toBe('reached');
      await host.out('rm', '-f', 'open');
      expect(await forwarding('up0')).toBe('1');
      await host.text('sysctl', '-qw', 'net.ipv4.ip_forward=0');
    } finally {
      await behind.dispose();
      await host.run('ip', 'link', 'delete', 'in0');
    }
    await nothingLeft();
  });

  test('is told once of a firewall that drops what is forwarded', async () => {
    await host.text(
      'nft',
      'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }',
    );
    const { stderr } = await host.tsrun('run', '--rm', busybox, 'true');
    expect(stderr).toMatch(/the firewall of this machine .*ip filter FORWARD.*iptables -I FORWARD -i tsrun/);
    expect((await host.tsrun('run', '--rm', busybox, 'true')).stderr).not.toContain('firewall');
    await host.text('nft', 'delete table ip filter');
    await nothingLeft();
  });

  test('has none where the kernel lets nobody make one, and says so once; one that asks is refused', async () => {
    const without = (...flags: readonly string[]) =>
      host.run(
        'setpriv',
        '--bounding-set=-net_admin',
        '--inh-caps=-net_admin',
        '--',
        tsrunPath,
        'run',
        '--rm',
        ...flags,
        busybox,
        'ip',
        '-o',
        'link',
      );
    const first = await without();
    expect(first.stdout).not.toContain('eth0');
    expect(first.stderr).toMatch(/the container has no network, as with --network none: cannot .*EPERM/);
    expect((await without()).stderr).not.toContain('no network');
    const asked = await without('--network', 'bridge');
    expect(asked.exitCode).toBe(125);
    expect(asked.stderr).toMatch(/EPERM/);
    await nothingLeft();
  });

  test('has what TSRUN_NETWORK says', async () => {
    const links = await host.text(
      'env',
      'TSRUN_NETWORK=none',
      tsrunPath,
      'run',
      '-q',
      '--rm',
      busybox,
      'ip',
      '-o',
      'link',
    );
    expect(links).not.toContain('eth0');
  });
});

describe('--dry-run=shell', () => {
  test('prints the commands of bridge and rules; run, they make the same rules, and leave nothing', async () => {
    const script = await host.out(
      'run',
      '-q',
      '--dry-run=shell',
      '-p',
      '0.0.0.0:8080:80',
      '-p',
      '53:53/udp',
      busybox,
      'sh',
      '-c',
      'echo there; exec cat',
    );
    const listed = async (): Promise<string> =>
      await host
        .text('nft', 'list', 'tables', 'inet')
        .then((tables) => host.text('nft', ...`list ${tables}`.split(' ')));
    const byHand = host.start('sh', '-c', script);
    await byHand.until('there');
    const theirs = await listed();
    const links = await host.text('ip', '-brief', 'link');
    byHand.end();
    expect((await byHand.outcome).stderr).toBe('');
    expect(links).toMatch(/^tsrun-[0-9a-f]{8} /m);
    await nothingLeft();
    await host.detached('same', 'exec sleep 1000', '-p', '0.0.0.0:8080:80', '-p', '53:53/udp');
    const ours = (await listed()).replace('\t\telements = { "up0" }\n', '');
    await host.out('rm', '-f', 'same');
    expect(sorted(theirs)).toEqual(sorted(ours));
    await nothingLeft();
  });
});

/** Sets may stand in another order. */
const sorted = (rules: string): readonly string[] => rules.split(/\n\t(?=set|map|chain)/).toSorted();
