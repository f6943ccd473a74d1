/** Capabilities of a container and of what `exec` adds to them: nothing is inheritable that nobody made so (CVE-2022-29162, CVE-2022-24769). */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capabilityMask } from '../../src/oci/capabilities.ts';
import { type MutableConfig, makeBundle, type TestBundle } from '../oci/bundle.ts';
import { tsrunOciPath } from '../oci/tsrun-oci.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

/** Those of the document of `spec`. */
const own = capabilityMask(['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE']);
const holding = (mask: bigint) => ({ CapInh: 0n, CapPrm: mask, CapEff: mask, CapBnd: mask, CapAmb: 0n });

function bundleWith(change: (config: MutableConfig) => void): TestBundle {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.process.args = ['sleep', '1000'];
    config.process.env = ['PATH=/bin'];
    change(config);
  });
  expect(bundle.oci(['run', '--detach', 'c'])).toEqual({ stdout: '', stderr: '', status: 0 });
  return bundle;
}

/** The five sets of a command of `exec`, or of PID 1 by its file. */
function sets(bundle: TestBundle, flags: readonly string[], process = 'self'): Readonly<Record<string, bigint>> {
  const { stdout, stderr } = bundle.oci(['exec', ...flags, 'c', 'grep', '^Cap', `/proc/${process}/status`]);
  expect(stderr).toBe('');
  const lines = stdout.trim().split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(0, 6), BigInt(`0x${line.slice(8)}`)]));
}

describe('of a container whose document says nothing of inheritable ones', () => {
  let bundle: TestBundle;
  beforeAll(() => {
    bundle = bundleWith(() => {});
  });
  afterAll(() => void bundle.oci(['delete', '--force', 'c']));

  test('PID 1 has none, nor has a command of exec', () => {
    expect(sets(bundle, [], '1')).toEqual(holding(own));
    expect(sets(bundle, [])).toEqual(holding(own));
  });

  test('exec --cap gives what it says, to that command alone, and makes nothing inheritable', () => {
    const more = own | capabilityMask(['CAP_SYS_ADMIN', 'CAP_NET_RAW']);
    expect(sets(bundle, ['--cap', 'CAP_SYS_ADMIN', '-c', 'CAP_NET_RAW'])).toEqual(holding(more));
    expect(sets(bundle, ['--cap', 'CAP_KILL'])).toEqual(holding(own));
    expect(sets(bundle, [])).toEqual(holding(own));
    expect(sets(bundle, [], '1')).toEqual(holding(own));
  });

  test('a process.json has those that it names', () => {
    const file = join(bundle.path, 'process.json');
    const held = ['CAP_CHOWN', 'CAP_KILL'];
    const process = {
      args: ['grep', '^Cap', '/proc/self/status'],
      env: ['PATH=/bin'],
      cwd: '/',
      user: { uid: 0, gid: 0 },
    };
    const say = (capabilities: unknown): string => {
      writeFileSync(file, JSON.stringify({ ...process, capabilities }));
      return bundle.oci(['exec', '--process', file, 'c']).stdout;
    };
    expect(say({ bounding: held, effective: held, permitted: held })).toBe(
      ['Inh:\t0', 'Prm:\t21', 'Eff:\t21', 'Bnd:\t21', 'Amb:\t0']
        .map((line) => line.split('\t'))
        .map(([name, mask = '']) => `Cap${name}\t${mask.padStart(16, '0')}\n`)
        .join(''),
    );
    expect(say({})).toMatch(/^(Cap...:\t0{16}\n){5}$/);
  });

  test('a process.json that names none has those of the container', () => {
    const file = join(bundle.path, 'process.json');
    const process = { args: ['grep', '^CapEff', '/proc/self/status'], cwd: '/', user: { uid: 0, gid: 0 } };
    writeFileSync(file, JSON.stringify({ ...process, env: ['PATH=/bin'] }));
    const said = bundle.oci(['exec', '--process', file, 'c']);
    expect(said).toEqual({ stdout: `CapEff:\t${own.toString(16).padStart(16, '0')}\n`, stderr: '', status: 0 });
  });

  test.each(['CAP_NOSUCH', 'cap_sys_admin', 'ALL', '', 'CAP_SYS_ADMIN,CAP_NET_RAW'])(
    'exec --cap %j is refused',
    (name) => {
      const refused = bundle.oci(['exec', '--cap', name, 'c', 'echo', 'ran']);
      expect(refused).toMatchObject({ stdout: '', status: 255 });
      expect(refused.stderr).toMatch(/capabilit/);
    },
  );
});

// As with runc and crun: what nobody has granted is not there.
test('of a container whose document says nothing of capabilities there are none, for exec neither', () => {
  const bundle = bundleWith((config) => {
    delete config.process['capabilities'];
  });
  expect(sets(bundle, [], '1')).toEqual(holding(0n));
  expect(sets(bundle, [])).toEqual(holding(0n));
  expect(sets(bundle, ['--cap', 'CAP_KILL'])).toEqual(holding(capabilityMask(['CAP_KILL'])));
  const file = join(bundle.path, 'process.json');
  const process = { args: ['grep', '^CapEff', '/proc/self/status'], cwd: '/', user: { uid: 0, gid: 0 } };
  writeFileSync(file, JSON.stringify({ ...process, env: ['PATH=/bin'] }));
  expect(bundle.oci(['exec', '--process', file, 'c']).stdout).toBe('CapEff:\t0000000000000000\n');
  bundle.oci(['delete', '--force', 'c']);
});

describe('those that cannot be granted are left out, and told', () => {
  const unknown = ['CAP_KILL', 'CAP_NOSUCH'];
  const sentence = 'tsrun-oci: process.capabilities "CAP_NOSUCH": the kernel knows none of that name; left out\n';

  test('one that no kernel knows', () => {
    const bundle = makeBundle(home.path);
    bundle.configure((config) => {
      config.process.args = ['grep', '^CapBnd', '/proc/self/status'];
      config.process.env = ['PATH=/bin'];
      config.process['capabilities'] = { bounding: unknown, effective: unknown, permitted: unknown };
    });
    expect(bundle.oci(['run', 'c'])).toEqual({
      stdout: 'CapBnd:\t0000000000000020\n',
      stderr: sentence,
      status: 0,
    });
  });

  test('in a process.json too', () => {
    const bundle = bundleWith(() => {});
    const file = join(bundle.path, 'process.json');
    const process = { args: ['grep', '^CapBnd', '/proc/self/status'], cwd: '/', env: ['PATH=/bin'] };
    writeFileSync(file, JSON.stringify({ ...process, capabilities: { bounding: unknown } }));
    expect(bundle.oci(['exec', '--process', file, 'c'])).toEqual({
      stdout: 'CapBnd:\t0000000000000020\n',
      stderr: sentence,
      status: 0,
    });
    bundle.oci(['delete', '--force', 'c']);
  });

  requires('root', 'program-setpriv')('one that the caller has not', () => {
    const bundle = makeBundle(home.path);
    bundle.configure((config) => {
      config.process.args = ['grep', '^CapEff', '/proc/self/status'];
      config.process.env = ['PATH=/bin'];
      const both = ['CAP_KILL', 'CAP_SYS_TIME'];
      config.process['capabilities'] = { bounding: both, effective: both, permitted: both };
    });
    const { stdout, stderr, status } = spawnSync(
      'setpriv',
      ['--bounding-set=-sys_time', tsrunOciPath, '--root', bundle.root, 'run', 'c'],
      { cwd: bundle.path, encoding: 'utf8' },
    );
    expect({ stdout, stderr, status }).toEqual({
      stdout: 'CapEff:\t0000000000000020\n',
      stderr: 'tsrun-oci: process.capabilities "CAP_SYS_TIME": the caller does not have it; left out\n',
      status: 0,
    });
  });
});

test('inheritable ones that the document names stay as they are under exec --cap', () => {
  const held = ['CAP_CHOWN', 'CAP_KILL'];
  const bundle = bundleWith((config) => {
    config.process['capabilities'] = { bounding: held, effective: held, permitted: held, inheritable: ['CAP_KILL'] };
  });
  const more = capabilityMask([...held, 'CAP_SYS_ADMIN']);
  const expected = { ...holding(more), CapInh: capabilityMask(['CAP_KILL']) };
  expect(sets(bundle, ['--cap', 'CAP_SYS_ADMIN'])).toEqual(expected);
  bundle.oci(['delete', '--force', 'c']);
});
