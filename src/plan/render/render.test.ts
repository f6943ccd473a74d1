import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { exampleSteps } from '../../../test/support/example-steps.ts';
import { stepOrder } from '../../native/plan-codec.ts';
import type { Plan } from '../plan.ts';
import { actorOf } from './actor.ts';
import { describeStep } from './describe.ts';
import { groupsOf, groupText } from './groups.ts';
import { planToJson, stepToJson } from './json.ts';
import { Narration } from './narration.ts';
import { planToShell } from './shell-script.ts';
import { ShellContext, stepShell } from './shell-step.ts';
import { Places, quote } from './shell-words.ts';
import { why } from './why.ts';

const names = {
  directory: '/var/lib/tsrun/containers/c7f',
  root: '/var/lib/tsrun/containers/c7f/rootfs',
  cgroup: '/sys/fs/cgroup/tsrun/c7f',
};
const plan: Plan = { version: 1, steps: exampleSteps };
const context = new ShellContext(plan, names, 'sh "$C/init" "$C"', null);
const frame = {
  ...names,
  directories: [`${names.directory}/upper`],
  files: [],
  network: { setUp: [], cleanUp: [] },
  title: 'a container',
  uid: 1000,
};
const textOf = (...kinds: readonly string[]): string =>
  exampleSteps
    .filter(({ kind }) => kinds.includes(kind))
    .flatMap((step) => stepShell(step, context))
    .join('\n');

test('the examples are of every kind that crosses to native code, each once', () => {
  expect(exampleSteps.map(({ kind }) => kind).sort()).toEqual([...stepOrder].sort());
});

describe.each(exampleSteps.map((step) => [step.kind, step] as const))('%s', (kind, step) => {
  test('has a description, a reason and an actor', () => {
    expect(describeStep(step)).not.toMatch(/undefined|\[object|[.]$/);
    expect(why[kind]).toMatch(/^\S.*[^.]$/);
    expect(['monitor', 'parent', 'init']).toContain(actorOf(kind));
  });

  test('is told with its reason', () => {
    const told = groupText({ first: 0, steps: [step] });
    expect(told.headline).toBe(describeStep(step));
    expect(told.why).toBe(why[kind]);
    expect(told.details.join('\n')).not.toMatch(/undefined|\[object/);
  });

  test('has shell lines that sh accepts', () => {
    const lines = stepShell(step, context);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join('\n')).not.toMatch(/undefined|\[object/);
    const { status, stderr } = spawnSync('sh', ['-n'], { input: lines.join('\n'), encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  test('keeps all its fields in JSON', () => {
    const json = JSON.parse(stepToJson(step)) as Record<string, unknown>;
    expect(Object.keys(json)).toEqual(Object.keys(step));
  });
});

describe('JSON', () => {
  test('writes 64-bit numbers as strings, sets of capabilities in hexadecimal', () => {
    const byKind = new Map(exampleSteps.map((step) => [step.kind, JSON.parse(stepToJson(step))]));
    expect(byKind.get('rlimit')).toMatchObject({ soft: '1024', hard: '18446744073709551615' });
    expect(byKind.get('bounding-set')).toMatchObject({ keep: '0xa80425fb' });
    expect(byKind.get('time-namespace')).toMatchObject({ monotonicSeconds: '-86400' });
  });

  test('writes a program as base64 with the number of its instructions', () => {
    const seccomp = exampleSteps.find(({ kind }) => kind === 'seccomp');
    expect(seccomp && JSON.parse(stepToJson(seccomp))).toMatchObject({
      program: { instructions: 2, base64: 'IAAAAAAAAAAGAAAAAAD/fw==' },
    });
  });

  test('is one document with a step on each line', () => {
    const text = planToJson(plan);
    expect((JSON.parse(text) as Plan).steps).toHaveLength(exampleSteps.length);
    expect(text.split('\n')).toHaveLength(exampleSteps.length + 5);
  });
});

describe('shell', () => {
  test('a word reads back as the text it was made from', () => {
    for (const text of ['plain', '', "it's", 'a b', '$HOME', '`id`', 'line\nbreak', '\\', '*', '~', '#x', '!']) {
      expect(spawnSync('sh', ['-c', `printf %s ${quote(text)}`], { encoding: 'utf8' }).stdout).toBe(text);
    }
  });

  test('paths below the container’s places start with their variables', () => {
    const places = new Places(names);
    expect(places.host(`${names.directory}/upper`)).toBe('"$C/upper"');
    expect(places.host(`${names.cgroup}/pids.max`)).toBe('"$G/pids.max"');
    expect(places.host(names.root)).toBe('"$R"');
    expect(places.host('/srv/a b')).toBe("'/srv/a b'");
    expect(places.inside('/etc/a b')).toBe(`"$R"'/etc/a b'`);
  });

  test('the root is mounted from the layers, topmost first, with what overlay gives a meaning escaped', () => {
    const steps = [
      { kind: 'open-path', slot: 0, path: '/store/a:b,c' },
      { kind: 'open-path', slot: 1, path: '/store/base' },
      { kind: 'open-path', slot: 2, path: `${names.directory}/upper` },
      { kind: 'open-path', slot: 3, path: `${names.directory}/work` },
      {
        kind: 'overlay',
        lower: [0, 1],
        upper: 2,
        work: 3,
        at: 4,
        target: names.root,
        nodev: false,
        userxattr: false,
        volatile: true,
      },
    ] as const;
    const lines = stepShell(steps[4], new ShellContext({ version: 1, steps }, names, 'sh', null));
    expect(lines).toEqual([
      `mount -t overlay -o lowerdir='/store/a\\:b\\,c':/store/base,upperdir="$C/upper",workdir="$C/work",volatile overlay "$R"`,
    ]);
  });

  test('a limit that is best-effort does not end the script', () => {
    expect(textOf('cgroup-write')).toContain("|| echo 'not in force: memory.max' >&2");
    expect(textOf('cgroup-create')).not.toContain('||');
  });

  test('capabilities are dropped by name', () => {
    expect(textOf('bounding-set')).toContain('-all,+chown,');
    expect(textOf('capabilities')).toContain('+checkpoint_restore');
  });

  test('the whole script is accepted by sh and holds each step once, in the order of the plan within its part', () => {
    const script = planToShell(plan, frame);
    expect(spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    const numbers = [...script.matchAll(/^ *# (\d+)[.] /gm)].map(([, number]) => Number(number));
    expect([...numbers].sort((a, b) => a - b)).toEqual(exampleSteps.map((_, index) => index + 1));
    for (const actor of ['monitor', 'parent', 'init']) {
      const own = numbers.filter((number) => {
        const kind = exampleSteps[number - 1]?.kind;
        return kind !== undefined && kind !== 'clone' && actorOf(kind) === actor;
      });
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
  });

  test('a line break from an image ends no comment', () => {
    const steps = [{ kind: 'lookup', user: 'root\necho harm', groupAdd: [] }] as const;
    const script = planToShell({ version: 1, steps }, frame);
    expect(script).toContain('# 1. look up the user "root?echo harm"');
    expect(script).toContain("want='root\necho harm'");
  });

  test('an argument that looks like the end of the inner script does not end it', () => {
    const exec = {
      kind: 'exec',
      argv: ['echo', 'a\nINIT\nb'],
      env: [],
      candidates: [],
      home: 'given',
      pid1: 'command',
    } as const;
    expect(planToShell({ version: 1, steps: [exec] }, frame)).toContain(`<<'INIT_'`);
  });
});

describe('narration', () => {
  test('neighbours of one family are told together, with the sum of their times', () => {
    const steps = [
      { kind: 'mask-path', path: '/proc/kcore' },
      { kind: 'mask-path', path: '/proc/keys' },
      { kind: 'session', keyring: 'new' },
    ] as const;
    expect(groupsOf(steps).map(({ first, steps: members }) => [first, members.length])).toEqual([
      [0, 2],
      [2, 1],
    ]);
    const narration = new Narration({ version: 1, steps }, names, 'text', 0);
    narration.take();
    narration.done(0, 1_000_000, null);
    expect(narration.take()).toEqual([]);
    narration.done(1, 2_000_000, null);
    const [headline, paths] = narration.take();
    expect(headline).toMatch(/^ 1 {2}hide paths \(2\) +3[.]00 ms$/);
    expect(paths).toContain('/proc/kcore, /proc/keys');
  });

  test('a step that failed and was survived is told as not done', () => {
    const steps = [
      { kind: 'rlimit', resource: 7, soft: 1n, hard: 1n, demand: 'best-effort' },
      { kind: 'session', keyring: 'new' },
    ] as const;
    const narration = new Narration({ version: 1, steps }, names, 'text', 0);
    narration.take();
    narration.done(1, 5, null);
    expect(narration.take()[0]).toMatch(/not done$/);
  });

  test('the new process is named as both sides see it', () => {
    const narration = new Narration(plan, names, 'text', 0);
    for (const [index] of exampleSteps.entries()) narration.done(index, 1, 4711);
    const text = narration.end().join('\n');
    expect(text).toContain('the host sees it as process 4711, the container sees 1');
    expect(text).toContain('root inside is 1000 outside');
  });

  test('commands alone are a script', () => {
    const narration = new Narration(plan, names, 'commands', 0);
    const input = narration.end().join('\n');
    expect(spawnSync('sh', ['-n'], { input, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    expect(input).not.toContain('why:');
  });
});
