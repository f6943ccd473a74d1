/** `network create --driver vxlan`: a network of two hosts, each a network namespace, with a cable between them. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { HostNetwork } from '../support/host-network.ts';
import { busybox } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let here: HostNetwork;
let there: HostNetwork;
beforeAll(async () => {
  [here, there] = await Promise.all([HostNetwork.make(), HostNetwork.make()]);
});
afterAll(async () => {
  await Promise.all([here.dispose(), there.dispose()]);
});

const create = ['network', 'create', '--driver', 'vxlan'];
const serve = 'mkdir /www; echo hello > /www/index.html; httpd -h /www; echo ready; exec sleep 1000';

describe('a network of two hosts', () => {
  const test = requires('root', 'program-ip');
  test('has containers that reach each other by address, and is gone with the last of them', async () => {
    await here.wireTo(there);
    const mesh = ['mesh', '--subnet', '10.90.0.0/16', '-o', 'vni=90'];
    await here.out(...create, ...mesh, '--ip-range', '10.90.1.0/24', '-o', 'peers=192.0.2.2', '-o', 'dev=up0');
    await there.out(...create, ...mesh, '--ip-range', '10.90.2.0/24', '-o', 'peers=192.0.2.1', '-o', 'local=192.0.2.2');
    await here.detached('web', serve, '--network', 'mesh');
    await here.kept.untilLogged('web', 'ready');
    expect(await here.kept.inspect('web', '{{.NetworkSettings.Networks.mesh.IPAddress}}')).toBe('10.90.1.1');
    const client = ['sh', '-c', 'wget -qO- http://10.90.1.1/; ip route; ip link show eth0'];
    const answer = await there.out('run', '-q', '--rm', '--network', 'mesh', busybox, ...client);
    expect(answer).toMatch(/^hello\ndefault via 10\.90\.2\.0 /);
    expect(answer).toContain('mtu 1450');
    expect(await here.out('net', 'web')).toMatch(
      /^ {2}hosts {2}vx-[0-9a-f]{12} to 192\.0\.2\.2, number 90 +bridge fdb show/m,
    );
    expect(await here.out('network', 'ls', '--filter', 'driver=vxlan', '--format', '{{.Name}} {{.Driver}}')).toBe(
      'mesh vxlan',
    );
    await here.out('rm', '-f', 'web');
    for (const host of [here, there]) {
      expect(await host.text('ip', '-o', 'link')).not.toMatch(/ (vx|ts)-/);
      await host.out('network', 'rm', 'mesh');
    }
  });

  test('is made by the script of --dry-run=shell too', async () => {
    const flags = [
      '--subnet',
      '10.91.0.0/16',
      '--ip-range',
      '10.91.1.0/24',
      '-o',
      'vni=91',
      '-o',
      'peers=198.51.100.2',
    ];
    await here.out(...create, 'dry', ...flags);
    const script = await here.out(
      'run',
      '--dry-run=shell',
      '--network',
      'dry',
      busybox,
      'ip',
      '-o',
      '-4',
      'addr',
      'show',
      'eth0',
    );
    expect(script).toMatch(/bridge fdb append 00:00:00:00:00:00 dev vx-[0-9a-f]{12} dst 198\.51\.100\.2/);
    expect(await here.text('sh', '-c', script)).toContain('inet 10.91.1.1/16');
    expect(await here.text('ip', '-o', 'link')).not.toMatch(/ (vx|ts)-/);
    await here.out('network', 'rm', 'dry');
  });
});

describe('what cannot be', () => {
  const test = requires('root');
  test('is refused, with nothing left', async () => {
    const refused = async (...flags: readonly string[]): Promise<string> =>
      (await here.tsrun(...create, 'no', ...flags)).stderr;
    const parts = ['--subnet', '10.92.0.0/16', '--ip-range', '10.92.1.0/24'];
    expect(await refused('-o', 'vni=1', '-o', 'peers=192.0.2.2')).toMatch(
      /needs --subnet and --ip-range\n.*part of it/,
    );
    expect(await refused(...parts, '-o', 'peers=192.0.2.2')).toContain('invalid value "" for --opt vni');
    expect(await refused(...parts, '-o', 'vni=16777216', '-o', 'peers=192.0.2.2')).toContain('for --opt vni');
    expect(await refused(...parts, '-o', 'vni=1')).toContain('it names no other host');
    expect(await refused(...parts, '-o', 'vni=1', '-o', 'peers=other')).toContain('it is no address of a host');
    expect(await refused(...parts, '-o', 'vni=1', '-o', 'peers=192.0.2.2,fd00::2')).toContain('do not go together');
    expect(await refused(...parts, '-o', 'vni=1', '-o', 'parent=up0')).toMatch(/no option of vxlan\n.*vni, peers/);
    await here.out(...create, 'no', ...parts, '-o', 'vni=92', '-o', 'peers=192.0.2.2', '-o', 'dev=nobody0');
    const missing = await here.tsrun('run', '-q', '--rm', '--network', 'no', busybox, 'true');
    expect(missing.stderr).toMatch(/cannot make the tunnel of the network "no"\n.*no interface "nobody0"/);
    await here.out('network', 'rm', 'no');
    // The number belongs to somebody else here.
    await here.text('ip', 'link', 'add', 'other0', 'type', 'vxlan', 'id', '93', 'dstport', '4789');
    await here.out(...create, 'no', ...parts, '-o', 'vni=93', '-o', 'peers=192.0.2.2');
    const taken = await here.tsrun('run', '-q', '--rm', '--network', 'no', busybox, 'true');
    expect(taken.stderr).toMatch(/cannot make the tunnel of the network "no"\n.*another vxlan of the number 93/);
    expect(await here.text('ip', '-o', 'link')).not.toMatch(/ (vx|ts)-/);
    await here.out('network', 'rm', 'no');
  });
});
