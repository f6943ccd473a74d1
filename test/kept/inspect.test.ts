/** `inspect` of a container: docker's fields, the plan, the network. */
import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires();

interface Inspected {
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly Config: Readonly<Record<string, unknown>>;
  readonly NetworkSettings: { readonly SandboxKey: string; readonly Networks: Readonly<Record<string, unknown>> };
  readonly GraphDriver: {
    readonly Data: Readonly<Record<'LowerDir' | 'UpperDir' | 'WorkDir', string>> & { readonly MergedDir?: string };
  };
  readonly State: { readonly Pid: number };
  readonly Plan: { readonly version: number; readonly steps: readonly { readonly kind: string }[] } | null;
}

const inspected = async (name: string, ...flags: readonly string[]): Promise<Inspected> => {
  const [document] = JSON.parse(await kept.text('inspect', ...flags, name)) as readonly Inspected[];
  if (document === undefined) throw new Error('inspect shows nothing');
  return document;
};

test('has the plan that was carried out, a line for each step', async () => {
  await kept.detached('planned', 'sleep 1000', '--hostname', 'in-the-plan');
  const text = await kept.text('inspect', 'planned');
  const { Plan } = (JSON.parse(text) as readonly Inspected[])[0] ?? { Plan: null };
  const kinds = Plan?.steps.map(({ kind }) => kind) ?? [];
  expect(Plan?.version).toBe(1);
  expect(kinds).toEqual(expect.arrayContaining(['clone', 'overlay', 'pivot-root', 'seccomp', 'exec']));
  expect(text).toMatch(/^ +\{"kind":"hostname","hostname":"in-the-plan"\},$/m);
  expect(await kept.inspect('planned', '{{(index .Plan.steps 0).kind}}')).toBe(kinds[0]);
  await kept.text('rm', '-f', 'planned');
});

test('says what was asked for in docker’s words', async () => {
  const flags = [
    ...['-v', 'inspected:/data', '-v', '/tmp:/host:ro', '--tmpfs', '/ram:size=1m', '--add-host', 'db:10.0.0.1'],
    ...['--ulimit', 'nofile=100:200', '--log-opt', 'max-size=1m', '--health-cmd', 'true', '--health-interval', '5s'],
  ];
  await kept.text('create', '-q', '--name', 'asked', ...flags, busybox, 'true');
  const { HostConfig, Config, NetworkSettings } = await inspected('asked');
  expect(HostConfig).toMatchObject({
    Binds: ['inspected:/data', '/tmp:/host:ro'],
    Tmpfs: { '/ram': expect.stringContaining('size=1048576') as string },
    ExtraHosts: ['db:10.0.0.1'],
    Ulimits: [{ Name: 'nofile', Soft: 100, Hard: 200 }],
    LogConfig: { Type: 'local', Config: { 'max-size': '1048576', 'max-file': '3' } },
    SecurityOpt: ['no-new-privileges'],
    MaskedPaths: expect.arrayContaining(['/proc/kcore']) as unknown,
  });
  expect(Config).toMatchObject({
    Volumes: { '/data': {} },
    Healthcheck: { Test: ['CMD', '/bin/sh', '-c', 'true'], Interval: 5e9 },
  });
  expect(NetworkSettings).toMatchObject({ SandboxKey: '', Networks: { none: { IPAddress: '' } } });
  await kept.text('rm', 'asked');
  await kept.text('volume', 'rm', 'inspected');
});

test('tells the image’s entrypoint from its command', async () => {
  await kept.text('create', '-q', '--name', 'plain', busybox, 'echo', 'two words');
  expect((await inspected('plain')).Config).toMatchObject({ Entrypoint: null, Cmd: ['echo', 'two words'] });
  await kept.text('create', '-q', '--name', 'given', '--entrypoint', 'echo', busybox, 'word');
  expect(await inspected('given')).toMatchObject({
    Config: { Entrypoint: ['echo'], Cmd: ['word'] },
    Path: 'echo',
    Args: ['word'],
  });
  await kept.text('create', '-q', '--name', 'alone', '--entrypoint', 'true', busybox);
  expect((await inspected('alone')).Config).toMatchObject({ Entrypoint: ['true'], Cmd: null });
  const changes = ['--change', 'ENTRYPOINT ["sh", "-c"]', '--change', 'CMD ["exit 7"]'];
  await kept.text('commit', ...changes, 'plain', 'with-both');
  await kept.text('create', '-q', '--name', 'both', 'with-both');
  expect((await inspected('both')).Config).toMatchObject({ Entrypoint: ['sh', '-c'], Cmd: ['exit 7'] });
  await kept.text('create', '-q', '--name', 'other', 'with-both', 'exit 8');
  expect((await inspected('other')).Config).toMatchObject({ Entrypoint: ['sh', '-c'], Cmd: ['exit 8'] });
  await kept.text('rm', 'plain', 'given', 'alone', 'both', 'other');
});

test('names the directories that its files are in', async () => {
  await kept.text('run', '--name', 'written', busybox, 'sh', '-c', 'echo below >/below');
  await kept.text('commit', 'written', 'two-layers');
  await kept.text(
    'run',
    '-dq',
    '--name',
    'layered',
    'two-layers',
    'sh',
    '-c',
    'echo above >/above; echo done; sleep 1000',
  );
  await kept.untilLogged('layered', 'done');
  const { GraphDriver } = await inspected('layered');
  const { LowerDir, UpperDir, WorkDir, MergedDir } = GraphDriver.Data;
  const [uppermost = '', ...others] = LowerDir.split(':');
  expect(others.length).toBeGreaterThan(0);
  expect([UpperDir, uppermost].map((directory) => readdirSync(directory))).toEqual([
    expect.arrayContaining(['above']),
    ['below'],
  ]);
  expect(readdirSync(others.at(-1) ?? '')).toContain('bin');
  expect(existsSync(WorkDir)).toBe(true);
  // Another user namespace's: only root of the machine, or of that namespace, may look.
  if (process.getuid?.() === 0)
    expect(readdirSync(MergedDir ?? '')).toEqual(expect.arrayContaining(['above', 'below']));
  await kept.text('rm', '-f', 'layered');
  await kept.text('rm', 'written');
});

test('says of what there is not that there is no such object, as docker', async () => {
  const { stdout, stderr, exitCode } = await kept.run('inspect', 'nobody');
  expect({ stdout, exitCode }).toEqual({ stdout: '[]\n', exitCode: 1 });
  expect(stderr).toMatch(
    /^tsrun: no such object: nobody\n {2}no container, stored image or volume has that name or id\n/,
  );
});

test('names the network namespace of one that runs', async () => {
  await kept.detached('connected', 'sleep 1000', '--network', 'host');
  const { NetworkSettings, State } = await inspected('connected');
  expect(NetworkSettings.SandboxKey).toBe(`/proc/${State.Pid}/ns/net`);
  expect(Object.keys(NetworkSettings.Networks)).toEqual(['host']);
  await kept.text('rm', '-f', 'connected');
});

test('--size tells how large it is, and without it nothing is measured', async () => {
  await kept.text('run', '--name', 'sized', busybox, 'sh', '-c', 'dd if=/dev/zero of=/f bs=1000 count=3000');
  expect((await inspected('sized')).SizeRw).toBeUndefined();
  const { SizeRw = 0, SizeRootFs = 0 } = await inspected('sized', '--size');
  expect(SizeRw).toBe(3_000_000);
  expect(SizeRootFs - SizeRw).toBe(Number(await kept.inspect('busybox', '{{.Size}}')));
  await kept.text('rm', 'sized');
});
