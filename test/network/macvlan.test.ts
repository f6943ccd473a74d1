/** `network create --driver macvlan`: containers on the wire of an interface of the host, with another host at its other end. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { HostNetwork } from '../support/host-network.ts';
import { busybox } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

const test = requires('root', 'program-ip', 'program-nft', 'macvlan');
let host: HostNetwork;
let outside: HostNetwork;
beforeAll(async () => {
  [host, outside] = await Promise.all([HostNetwork.make(), HostNetwork.make()]);
  if (process.getuid?.() === 0) await host.wireTo(outside);
});
afterAll(async () => {
  await Promise.all([host.dispose(), outside.dispose()]);
});

const create = ['network', 'create', '--driver', 'macvlan'];
/** The wire's, with the other host as its router. */
const wire = ['--subnet', '192.0.2.0/24', '--gateway', '192.0.2.2', '--ip-range', '192.0.2.128/25', '-o', 'parent=up0'];
const serve = 'mkdir /www; echo hello > /www/index.html; httpd -h /www; echo ready; exec sleep 1000';

async function server(name: string, ...flags: readonly string[]): Promise<void> {
  await host.detached(name, serve, ...flags);
  await host.kept.untilLogged(name, 'ready');
}

const reach = (from: string, address: string): Promise<string> =>
  host.out('exec', from, 'sh', '-c', `ping -c 1 -W 2 ${address} >/dev/null 2>&1 && echo reached || echo not`);

const links = async (): Promise<string> => (await host.text('ip', '-brief', 'link')).replace(/ {2,}.*$/gm, '');

describe('a container on the wire', () => {
  test('reaches the outside and is reached from there, but not by its own host, and nothing of it is on that', async () => {
    const before = await links();
    await host.out(...create, ...wire, 'lan');
    await server('web', '--network', 'lan', '--mac-address', '02:42:c0:00:02:80');
    expect(await links()).toBe(before);
    expect(await host.text('nft', 'list', 'ruleset')).toBe('');
    expect(await host.out('exec', 'web', 'ip', '-o', '-4', 'addr', 'show', 'eth0')).toContain('192.0.2.128/24');
    expect(await host.out('exec', 'web', 'ip', 'route')).toContain('default via 192.0.2.2 dev eth0');
    expect(await host.out('exec', 'web', 'ip', 'link', 'show', 'eth0')).toContain('02:42:c0:00:02:80');
    expect(await reach('web', '192.0.2.2')).toBe('reached');
    expect(await outside.text('wget', '-qO-', 'http://192.0.2.128/')).toBe('hello');
    // The kernel's: what the parent sends goes out by the wire, not to those who share it.
    expect(await reach('web', '192.0.2.1')).toBe('not');
    expect((await host.run('busybox', 'ping', '-c', '1', '-W', '2', '192.0.2.128')).exitCode).not.toBe(0);
    await host.out('rm', '-f', 'web');
    expect(await host.out('network', 'inspect', '-f', '{{len .Containers}}', 'lan')).toBe('0');
    await host.out('network', 'rm', 'lan');
    expect(await links()).toBe(before);
  });

  test('reaches its neighbours by name in mode bridge, and not in mode private', async () => {
    for (const [mode, said] of [
      ['bridge', 'reached'],
      ['private', 'not'],
    ] as const) {
      await host.out(...create, ...wire, '-o', `macvlan_mode=${mode}`, 'lan');
      await server('one', '--network', 'lan');
      await server('two', '--network', 'lan');
      expect(await reach('one', 'two')).toBe(said);
      expect(await reach('one', '192.0.2.2')).toBe('reached');
      await host.out('rm', '-f', 'one', 'two');
      await host.out('network', 'rm', 'lan');
    }
  });

  test('has IPv6 too where the network has, and what was asked for with --ip', async () => {
    await host.out(...create, ...wire, '--subnet', 'fd00:192::/64', '--gateway', 'fd00:192::2', 'lan');
    await outside.text('ip', 'address', 'add', 'fd00:192::2/64', 'dev', 'up1', 'nodad');
    const script = 'ip -o addr show eth0; ip -6 route; ping -c 1 -W 60 fd00:192::2';
    const flags = ['--network', 'lan', '--ip', '192.0.2.200', '--ip6', 'fd00:192::99'];
    const out = await host.out('run', '-q', '--rm', ...flags, busybox, 'sh', '-c', script);
    expect(out).toContain('192.0.2.200/24');
    expect(out).toContain('fd00:192::99/64');
    expect(out).toContain('default via fd00:192::2 dev eth0');
    expect(out).toContain('1 packets received');
    await host.out('network', 'rm', 'lan');
  });

  test('in mode passthru is the interface itself, and alone', async () => {
    await host.out(...create, ...wire, '-o', 'macvlan_mode=passthru', 'lan');
    await server('one', '--network', 'lan');
    const [, mac = ''] = /link\/ether (\S+)/.exec(await host.text('ip', 'link', 'show', 'up0')) ?? [];
    expect(await host.kept.inspect('one', '{{.NetworkSettings.Networks.lan.MacAddress}}')).toBe(mac);
    expect(await host.out('exec', 'one', 'ip', 'link', 'show', 'eth0')).toContain(mac);
    const second = await host.tsrun('run', '-q', '--rm', '--network', 'lan', busybox, 'true');
    expect(second.stderr).toMatch(/make the interfaces failed: EINVAL \(.*one container has all of it \(passthru\)/);
    const asked = ['--network', 'lan', '--mac-address', '02:42:c0:00:02:80'];
    expect((await host.tsrun('run', '-q', '--rm', ...asked, busybox, 'true')).stderr).toMatch(
      /cannot use the address 02:42:c0:00:02:80/,
    );
    await host.out('rm', '-f', 'one');
    await host.out('network', 'rm', 'lan');
  });

  test('comes to it and leaves it while it runs, beside a bridge that has its ports', async () => {
    await host.out(...create, ...wire, 'lan');
    await host.out('network', 'create', '--subnet', '10.99.1.0/24', 'front');
    await server('web', '--network', 'front', '-p', '8080:80');
    const before = { links: await links(), rules: await host.text('nft', 'list', 'ruleset') };
    await host.out('network', 'connect', '--ip', '192.0.2.150', 'lan', 'web');
    expect(await reach('web', '192.0.2.2')).toBe('reached');
    expect(await outside.text('wget', '-qO-', 'http://192.0.2.150/')).toBe('hello');
    expect(await host.text('wget', '-qO-', 'http://127.0.0.1:8080/')).toBe('hello');
    expect({ links: await links(), rules: await host.text('nft', 'list', 'ruleset') }).toEqual(before);
    const drawn = await host.out('net', 'web');
    expect(drawn).toMatch(/^web on lan: eth1 192\.0\.2\.150, /m);
    expect(drawn).toMatch(
      /^ {2}wire {3}that of up0, macvlan in mode bridge: this machine is not reached +ip link show up0$/m,
    );
    expect(await host.out('network', 'ls', '--filter', 'driver=macvlan', '--format', '{{.Name}} {{.Driver}}')).toBe(
      'lan macvlan',
    );
    const inspected = await host.out('network', 'inspect', '-f', '{{.Driver}} {{.Options.parent}}', 'lan');
    expect(inspected).toBe('macvlan up0');
    const fault = await host.tsrun('network', 'fault', 'lan', '--cut');
    expect(fault.stderr).toMatch(/cannot disturb the network "lan"\n.*on the wire/);
    await host.out('network', 'disconnect', 'lan', 'web');
    expect(await host.out('exec', 'web', 'ls', '/sys/class/net')).toBe('eth0\nlo');
    // The bridge goes with its last container, also while somebody is on the wire.
    await server('other', '--network', 'lan');
    await host.out('rm', '-f', 'web');
    expect(await host.text('nft', 'list', 'ruleset')).toBe('');
    await host.out('rm', '-f', 'other');
    await host.out('network', 'rm', 'lan', 'front');
  });

  test('is told by --explain, and made by the script of --dry-run=shell', async () => {
    await host.out(...create, ...wire, 'lan');
    const words = ['--network', 'lan', busybox, 'ip', '-o', '-4', 'addr', 'show', 'eth0'];
    const { stderr } = await host.tsrun('run', '-q', '--rm', '--explain', ...words);
    expect(stderr).toMatch(/connect eth0 with the wire of up0/);
    const script = await host.out('run', '--dry-run=shell', ...words);
    expect(script).toMatch(/^ *ip link add link up0 name eth0 .* type macvlan mode bridge$/m);
    expect(script).not.toContain('nft');
    expect(await host.text('sh', '-c', script)).toContain('192.0.2.128/24');
    await host.out('network', 'rm', 'lan');
  });
});

describe('what cannot be', () => {
  test('is refused in three lines, with nothing left', async () => {
    const subnet = ['--subnet', '10.97.0.0/24'];
    const parent = ['-o', 'parent=up0'];
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [[...create, ...subnet, 'no'], /needs a parent/],
      [[...create, ...parent, 'no'], /needs --subnet/],
      [[...create, ...parent, ...subnet, '--internal', 'no'], /cannot be --internal/],
      [[...create, ...subnet, '-o', 'parent=nobody0', 'no'], /no interface "nobody0"/],
      [[...create, ...subnet, '-o', 'parent=up0.7', 'no'], /no interface "up0\.7"\n.*ip link add link up0 name up0\.7/],
      [[...create, ...subnet, ...parent, '-o', 'macvlan_mode=public', 'no'], /no such mode\n.*bridge, private/],
      [[...create, ...subnet, ...parent, '-o', 'bridge=b0', 'no'], /no option of macvlan/],
      [
        ['run', '-q', '--network', 'lan', '-p', '80', busybox, 'true'],
        /cannot publish ports .* "lan"\n.*address of its own/,
      ],
      [
        ['run', '-q', '--network', 'lan', '--add-host', 'me:host-gateway', busybox, 'true'],
        /cannot use --add-host me:host-gateway\n.*the host itself is not reached/,
      ],
      [
        ['run', '-q', '--network', 'lan', '--ip', '192.0.2.2', busybox, 'true'],
        /the gateway of the network "lan" has it/,
      ],
    ];
    await host.out(...create, ...wire, 'lan');
    const before = await links();
    for (const [args, said] of cases) {
      const { stderr, exitCode } = await host.tsrun(...args);
      expect({ args, stderr }).toEqual({ args, stderr: expect.stringMatching(said) });
      expect(exitCode).not.toBe(0);
      expect(stderr.trimEnd().split('\n')).toHaveLength(3);
    }
    await host.text('ip', 'link', 'set', 'up0', 'down');
    const down = await host.tsrun('run', '--rm', '--network', 'lan', busybox, 'true');
    expect(down.stderr).toMatch(/reaches nobody on the network lan: up0 is down: ip link set up0 up/);
    await host.text('ip', 'link', 'set', 'up0', 'up');
    expect(await links()).toBe(before);
    expect(await host.out('ps', '-aq')).toBe('');
    await host.out('network', 'rm', 'lan');
  });

  requires('rootless')('is a place on a wire for who is not root', async () => {
    const { stderr, exitCode } = await host.tsrun(...create, ...wire, 'lan');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^tsrun: cannot be on the wire of the network "lan"\n {2}only root may .*\n {2}hint: run as root/,
    );
    expect(await host.out('network', 'ls', '-q')).toBe('');
  });
});
