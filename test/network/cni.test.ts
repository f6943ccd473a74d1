/** `--network cni:NAME`: plugins of the Container Network Interface, Debian's and one that is a script. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { tsrunPath } from '../support/fixture.ts';
import { HostNetwork } from '../support/host-network.ts';
import { busybox } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import type { Outcome, Running } from '../support/tsrun.ts';

let host: HostNetwork;
beforeAll(async () => {
  host = await HostNetwork.make();
  const { path: scratch } = host.kept.home;
  configurations = join(scratch, 'net.d');
  plugins = join(scratch, 'plugins');
  leases = join(scratch, 'leases');
  for (const directory of [configurations, plugins, leases]) mkdirSync(directory);
  settings = [`NETCONFPATH=${configurations}`, `CNI_PATH=${plugins}:/usr/lib/cni`];
  const ipam = { type: 'host-local', subnet: '10.98.0.0/24', dataDir: leases, routes: [{ dst: '0.0.0.0/0' }] };
  const bridge = { type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: true, hairpinMode: true, ipam };
  writeList('10-front.conflist', {
    cniVersion: '1.0.0',
    name: 'front',
    plugins: [
      {
        ...bridge,
        capabilities: { ips: true, mac: true },
        dns: { nameservers: ['192.0.2.53'], search: ['front.test'] },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
      { type: 'firewall' },
    ],
  });
  writeList('20-plain.conf', { cniVersion: '0.4.0', name: 'plain', ...bridge, bridge: 'cni1' });
  writeFileSync(join(configurations, '30-broken.conflist'), '{');
  writeList('40-fake.conflist', { cniVersion: '1.1.0', name: 'fake', plugins: [{ type: 'first' }, { type: 'fake' }] });
});
afterAll(() => host.dispose());

let configurations = '';
let plugins = '';
let leases = '';
let settings: readonly string[] = [];

const writeList = (file: string, document: unknown): void =>
  writeFileSync(join(configurations, file), JSON.stringify(document));

const start = (...args: readonly string[]): Running => host.start('env', ...settings, tsrunPath, ...args);
const tsrun = (...args: readonly string[]): Promise<Outcome> => host.run('env', ...settings, tsrunPath, ...args);
const out = (...args: readonly string[]): Promise<string> => host.text('env', ...settings, tsrunPath, ...args);

/** Addresses that host-local has given out. */
const given = (): readonly string[] => {
  const directory = join(leases, 'front');
  return existsSync(directory) ? readdirSync(directory).filter((name) => /^\d/.test(name)) : [];
};
/** Network namespaces that are kept. */
const spaces = (): readonly string[] => {
  const directory = join(host.kept.home.state, 'cni');
  return existsSync(directory) ? readdirSync(directory) : [];
};
const nat = (): Promise<string> => host.text('iptables-save', '-t', 'nat');
const serve = 'mkdir /www; echo hello > /www/index.html; httpd -h /www; echo ready; exec sleep 1000';

describe('the host’s plugins', () => {
  const test = requires('root', 'cni');

  test('connect a container, publish its ports, and take all of it back at its end', async () => {
    const flags = [
      '--network',
      'cni:front',
      '-p',
      '8080:80',
      '--ip',
      '10.98.0.7',
      '--mac-address',
      '02:00:00:00:00:07',
    ];
    await out('run', '-dq', '--name', 'web', ...flags, busybox, 'sh', '-c', serve);
    await host.kept.untilLogged('web', 'ready');
    expect(await host.text('wget', '-qO-', '-T', '5', '-t', '1', 'http://10.98.0.7/')).toBe('hello');
    expect(await host.text('wget', '-qO-', '-T', '5', '-t', '1', 'http://127.0.0.1:8080/')).toBe('hello');
    expect(given()).toEqual(['10.98.0.7']);
    const inside = await out(
      'exec',
      'web',
      'sh',
      '-c',
      'cat /etc/hosts /etc/resolv.conf; ip route; ip link show eth0; ip addr show lo',
    );
    expect(inside).toMatch(/^10\.98\.0\.7\t[0-9a-f]{12}$/m);
    expect(inside).toMatch(/^nameserver 192\.0\.2\.53\nsearch front\.test$/m);
    expect(inside).toMatch(/^default via 10\.98\.0\.1 /m);
    expect(inside).toContain('02:00:00:00:00:07');
    expect(inside).toContain('inet 127.0.0.1/8');
    const field = '{{(index .NetworkSettings.Networks "cni:front").IPAddress}} {{.HostConfig.NetworkMode}}';
    expect(await host.kept.inspect('web', field)).toBe('10.98.0.7 cni:front');
    expect(await out('port', 'web')).toBe('80/tcp -> 127.0.0.1:8080');
    expect(await out('net', 'web')).toMatch(
      /^web on cni:front: eth0 10\.98\.0\.7, 02:00:00:00:00:07\n\n {2}made {3}by bridge, then portmap, then firewall/,
    );
    // Another of the same network finds it, and gets another address; it is seen by no other's port.
    const client = ['wget', '-qO-', 'http://10.98.0.7/'];
    expect(await out('run', '-q', '--rm', '--network', 'cni:front', busybox, ...client)).toBe('hello');
    const second = await tsrun('run', '-q', '--rm', '--network', 'cni:front', '-p', '8080:80', busybox, 'true');
    expect(second.stderr).toMatch(/cannot publish port 8080\n.*container [0-9a-f]{12} has it/);
    // Again, and then no more.
    await out('restart', '-t', '0', 'web');
    expect(given()).toEqual(['10.98.0.7']);
    await out('rm', '-f', 'web');
    expect([given(), spaces()]).toEqual([[], []]);
    expect(await nat()).not.toContain('8080');
  });

  test('are called by the next command where command and monitor were killed', async () => {
    const running = start(
      'run',
      '-q',
      '--name',
      'killed',
      '--network',
      'cni:front',
      busybox,
      'sh',
      '-c',
      'echo ready; exec sleep 1000',
    );
    await running.until('ready\n');
    expect(given()).toHaveLength(1);
    const monitor = host.kept.monitorOf(await host.kept.inspect('killed', '{{.Id}}'));
    running.signal('SIGKILL');
    process.kill(monitor, 'SIGKILL');
    await running.outcome;
    // Its processes end a moment after it.
    while (existsSync(`/proc/${monitor}`)) await new Promise((resolve) => setImmediate(resolve));
    await host.out('ps');
    expect([given(), spaces()]).toEqual([[], []]);
    await host.out('rm', 'killed');
  });

  test('may be one alone, of an older configuration', async () => {
    const [first] = (
      await out('run', '-q', '--rm', '--network', 'cni:plain', busybox, 'ip', '-o', '-4', 'addr', 'show', 'eth0')
    ).split('\n');
    expect(first).toContain('inet 10.98.0.');
    expect(spaces()).toEqual([]);
  });

  test('are shown by --dry-run=shell, and the script does the same', async () => {
    const args = [
      'run',
      '--dry-run=shell',
      '--network',
      'cni:front',
      busybox,
      'ip',
      '-o',
      '-4',
      'addr',
      'show',
      'eth0',
    ];
    const script = await out(...args);
    expect(script).toMatch(/CNI_COMMAND=ADD '\/usr\/lib\/cni\/portmap'/);
    expect(await host.text('sh', '-c', script)).toContain('inet 10.98.0.');
    expect([given(), spaces()]).toEqual([[], []]);
  });

  test('are told by --explain, with what they read and answer', async () => {
    const { stderr } = await tsrun('run', '-q', '--rm', '--explain', '--network', 'cni:front', busybox, 'true');
    expect(stderr).toMatch(/ 1 {2}make a network namespace, /);
    expect(stderr).toMatch(/ 2 {2}call the CNI plugin \/usr\/lib\/cni\/bridge: ADD .*\n +reads \{.*\n +answers \{/);
  });

  test('are asked by net whether all is as they left it', async () => {
    await out('run', '-dq', '--name', 'moved', '--network', 'cni:plain', busybox, 'sleep', '1000');
    expect(await host.out('net', 'moved')).not.toContain(' but ');
    await host.out('exec', '--privileged', 'moved', 'ip', 'addr', 'flush', 'dev', 'eth0');
    expect(await host.out('net', 'moved')).toMatch(/ but +bridge says: /);
    await host.out('rm', '-f', 'moved');
  });
});

describe('a plugin', () => {
  const test = requires('root');
  /** Writes what it was called with, and answers what the test wants. */
  const script = (name: string, cases: string): void =>
    writeFileSync(
      join(plugins, name),
      `#!/bin/sh\nread -r input\necho "$CNI_COMMAND ${name} $CNI_CONTAINERID \${CNI_NETNS:+there} $input" >> ${plugins}/log\ncase $CNI_COMMAND in\n${cases}\nesac\n`,
      { mode: 0o755 },
    );
  const log = (): readonly string[] => {
    const lines = readFileSync(join(plugins, 'log'), 'utf8').trim().split('\n');
    writeFileSync(join(plugins, 'log'), '');
    return lines.map((line) => line.split(' ').slice(0, 2).join(' '));
  };
  const result = '{"cniVersion":"1.1.0","ips":[{"address":"192.0.2.9/24"}]}';

  test('gets the result of the one before, and at the end that of the last', async () => {
    script('first', `ADD) echo '${result}';;`);
    script('fake', `ADD) echo '${result}';;`);
    expect(await out('run', '-q', '--rm', '--network', 'cni:fake', busybox, 'cat', '/etc/hosts')).toContain(
      '192.0.2.9\t',
    );
    const calls = readFileSync(join(plugins, 'log'), 'utf8').trim().split('\n');
    expect(calls.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'ADD first',
      'ADD fake',
      'DEL fake',
      'DEL first',
    ]);
    expect(calls.map((line) => line.includes(`"prevResult":{"cniVersion"`))).toEqual([false, true, true, true]);
    expect(calls.every((line) => line.includes(' there '))).toBe(true);
    log();
  });

  test('that refuses is quoted, with its code, and the others take back what they did', async () => {
    script('first', `ADD) echo '${result}';;`);
    script('fake', `ADD) echo '{"cniVersion":"1.1.0","code":11,"msg":"no room","details":"all 3 taken"}'; exit 1;;`);
    const { stderr, exitCode } = await tsrun(
      'run',
      '-q',
      '--name',
      'refused',
      '--network',
      'cni:fake',
      busybox,
      'true',
    );
    expect(exitCode).toBe(125);
    expect(stderr).toBe(
      'tsrun: cannot connect the container with the CNI network "fake"\n' +
        '  plugin "fake" (code 11): no room: all 3 taken\n  hint: it is busy: try again\n',
    );
    expect(log()).toEqual(['ADD first', 'ADD fake', 'DEL fake', 'DEL first']);
    expect([await host.out('ps', '-aq'), spaces()]).toEqual(['', []]);
  });

  test('that says nothing, nonsense, or dies is told', async () => {
    script('first', `ADD) echo '${result}';;`);
    for (const [cases, words] of [
      ['ADD) ;;', 'it has answered nothing'],
      ['ADD) echo hello;;', 'it has answered what is no JSON: hello'],
      [`ADD) echo '{"ips":[{"address":"10.0.0.300/8"}]}';;`, '"ips" of its answer are none'],
      ['ADD) echo oh dear >&2; exit 7;;', 'oh dear (status 7)'],
      ['ADD) kill -9 $$;;', 'it ended with signal SIGKILL and said nothing'],
    ] as const) {
      script('fake', cases);
      const { stderr } = await tsrun('run', '-q', '--rm', '--network', 'cni:fake', busybox, 'true');
      expect(stderr).toContain(`plugin "fake": ${words}\n`);
    }
    log();
    expect(spaces()).toEqual([]);
  });

  test('that does not let go of a container is asked again by the next command', async () => {
    script('first', `ADD) echo '${result}';;`);
    script('fake', `ADD) echo '${result}';;\nDEL) echo '{"code":101,"msg":"not now"}'; exit 1;;`);
    await out('run', '-dq', '--name', 'held', '--network', 'cni:fake', busybox, 'sleep', '1000');
    const { stderr, exitCode } = await tsrun('rm', '-f', 'held');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /cannot take the container off the CNI network "fake"\n {2}plugin "fake" \(code 101\): not now\n {2}hint: mend that/,
    );
    // Nobody else's command fails by that.
    expect(await host.out('ps', '-a', '--format', '{{.Names}}')).toBe('held');
    script('fake', `DEL) ;;`);
    log();
    await host.out('port', 'held');
    expect(log()).toEqual(['DEL fake', 'DEL first']);
    await host.out('rm', 'held');
    expect(spaces()).toEqual([]);
  });

  test('that is not there, a network that is not, and what no plugin does are refused before anything is made', async () => {
    script('first', '');
    writeList('50-missing.conflist', {
      cniVersion: '1.0.0',
      name: 'missing',
      plugins: [{ type: 'first' }, { type: 'nobody' }],
    });
    const missing = await tsrun('run', '--network', 'cni:missing', busybox, 'true');
    expect(missing.stderr).toMatch(/cannot find the CNI plugin "nobody"\n.*no such program in .*plugins/);
    const unknown = await tsrun('run', '--network', 'cni:fron', busybox, 'true');
    expect(unknown.stderr).toMatch(
      /no CNI network "fron" in .*\n.*30-broken\.conflist: it is not JSON.*\n.*did you mean "cni:front"/,
    );
    script('fake', '');
    const port = await tsrun('run', '--network', 'cni:fake', '-p', '80', busybox, 'true');
    expect(port.stderr).toMatch(/cannot do -p on the CNI network "fake"\n.*"portMappings"\n.*portmap/);
    const several = await tsrun('run', '--network', 'cni:fake', '--network', 'bridge', busybox, 'true');
    expect(several.stderr).toContain('cni:fake goes with no other network');
    expect([await host.out('ps', '-aq'), spaces()]).toEqual(['', []]);
  });
});

describe('an ordinary user', () => {
  requires('rootless')('is told that plugins are root’s to call', async () => {
    const { stderr, exitCode } = await tsrun('run', '-q', '--rm', '--network', 'cni:front', busybox, 'true');
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(/cannot connect the container with the CNI network "front"\n.*namespace/);
  });
});
