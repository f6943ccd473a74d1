/** What a container uses, asked once and again and again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { makeBundle, type TestBundle } from './bundle.ts';
import { tsrunOciPath } from './tsrun-oci.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const ok = { stdout: '', stderr: '', status: 0 };

function created(): TestBundle {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.process.args = ['sleep', '1000'];
  });
  expect(bundle.oci(['create', 'c'])).toEqual(ok);
  return bundle;
}

const statistics = (bundle: TestBundle): { readonly data: Record<string, unknown> } => {
  const { stdout, stderr, status } = bundle.oci(['events', '--stats', 'c']);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const document = JSON.parse(stdout);
  expect(document).toEqual({ type: 'stats', id: 'c', data: expect.any(Object) });
  return document;
};

requires('root', 'cgroup-v2')('once: the counters of its control group', () => {
  const bundle = created();
  expect(Object.keys(statistics(bundle).data)).toEqual(
    expect.arrayContaining(['cpu', 'cpuset', 'memory', 'pids', 'blkio', 'hugetlb', 'intel_rdt', 'network_interfaces']),
  );
  expect(bundle.oci(['delete', '--force', 'c'])).toEqual(ok);
});

requires('rootless', 'without-memory-controller')(
  'once: nothing is known of a container without a group, and that is no error',
  () => {
    const bundle = created();
    expect(statistics(bundle).data).toEqual({});
    expect(bundle.oci(['delete', '--force', 'c'])).toEqual(ok);
  },
);

test('again and again, until the container is gone', async () => {
  const bundle = created();
  const events = spawn(tsrunOciPath, ['--root', bundle.root, 'events', '--interval', '10ms', 'c'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(events, 'exit');
  let lines = 0;
  for await (const line of createInterface(events.stdout)) {
    expect(JSON.parse(line)).toMatchObject({ type: 'stats', id: 'c' });
    lines += 1;
    if (lines === 3) expect(bundle.oci(['delete', '--force', 'c'])).toEqual(ok);
  }
  expect(lines).toBeGreaterThanOrEqual(3);
  expect(await ended).toEqual([0, null]);
});

test('a container that does not run has no statistics', () => {
  const bundle = created();
  expect(bundle.oci(['kill', 'c', 'KILL'])).toEqual(ok);
  while (JSON.parse(bundle.oci(['state', 'c']).stdout).status !== 'stopped');
  expect(bundle.oci(['events', '--stats', 'c'])).toEqual({
    stdout: '',
    stderr: 'tsrun-oci: cannot read the statistics of container "c"\n  container not running\n',
    status: 1,
  });
  expect(bundle.oci(['delete', 'c'])).toEqual(ok);
});
