/** `--format`: Go's templates for everything that lists or inspects. The language itself: src/cli/template.test.ts. */
import { afterAll, beforeAll, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

const test = requires();
let kept: KeptHome;
beforeAll(async () => {
  kept = new KeptHome();
  await kept.text('load', '-q', busybox);
  await kept.text(
    'create',
    '--name',
    'web',
    '-l',
    'com.example.app-role=front',
    '-e',
    'A=1',
    '-v',
    '/tmp:/data:ro',
    'busybox',
    'sleep',
    '9',
  );
  await kept.text('create', '--name', 'db', 'busybox', 'true');
});
afterAll(() => kept.dispose());

test('inspect fills a template in once for each object, on a line of its own', async () => {
  const template =
    '{{.Name}}: {{range .Mounts}}{{.Source}}->{{.Destination}} {{end}}{{if .State.Running}}up{{else}}down{{end}} {{len .Mounts}}';
  expect(await kept.text('inspect', '-f', template, 'web', 'db')).toBe('/web: /tmp->/data down 1\n/db: down 0');
  expect(await kept.text('inspect', '-f', '{{index .Config.Labels "com.example.app-role"}}', 'web', 'db')).toBe(
    'front\n',
  );
  expect(await kept.text('inspect', '-f', '{{join .Config.Cmd "+"}} {{json .Mounts}}', 'db')).toBe('true []');
});

test('inspect goes on behind an object that has not what the template asks for', async () => {
  const { stdout, stderr, exitCode } = await kept.run('inspect', '-f', '{{.State.Status}}', 'busybox', 'web');
  expect(stdout).toBe('created\n');
  expect(stderr).toContain(
    'tsrun: there is no field "State" in --format \'{{.State.Status}}\'\n  column 3, at .State.Status}}: the fields are Id, ',
  );
  expect(exitCode).toBe(1);
});

test('inspect as json is one line', async () => {
  const text = await kept.text('inspect', '--format', 'json', 'web', 'db');
  expect(text).not.toContain('\n');
  expect(JSON.parse(text)).toHaveLength(2);
});

test('ps takes labels by name, and templates with headings', async () => {
  const format = ['ps', '-a', '-f', 'name=web', '--format'];
  expect(await kept.text(...format, '{{.Names}} {{.Label "com.example.app-role"}}{{.Label "none"}}')).toBe('web front');
  const table = 'table {{.Names}}\\t{{.Label "com.example.app-role"}}\\t{{upper .State}}';
  expect(await kept.text(...format, table)).toBe('NAMES   app role   STATE\nweb     front      CREATED');
  expect(JSON.parse(await kept.text(...format, 'json'))).toMatchObject({ Names: 'web', State: 'created' });
});

test('every command with rows has docker’s three kinds of format', async () => {
  expect(await kept.text('system', 'df', '--format', 'table {{.Type}}\\t{{.TotalCount}}')).toMatch(
    /^TYPE +TOTAL\nImages +1\nContainers +2\b/,
  );
  expect(await kept.text('images', '--format', 'table {{.Repository | upper}}')).toBe('REPOSITORY\nBUSYBOX');
  expect(await kept.text('images', '--format', 'table {{slice .Tag 0 6}}')).toBe('\nlatest');
  await kept.text('run', '-dq', '--name', 'live', 'busybox', 'sleep', '100');
  expect(await kept.text('ps', 'live', '--format', 'table {{.PID}}\\t{{.Command}}')).toMatch(
    /^PID +COMMAND\n(\d+\/)?1 +sleep 100/,
  );
  await kept.text('rm', '-f', 'live');
});

test('a template that is none is refused before anything is looked for', async () => {
  const { stdout, stderr, exitCode } = await kept.run('inspect', '-f', '{{range .Mounts}}', 'no-such');
  expect(stderr).toBe(
    "tsrun: cannot understand --format '{{range .Mounts}}'\n" +
      '  column 1, at {{range .Mounts}}: this is closed by no {{end}}\n' +
      '  hint: write {{end}} where it ends\n',
  );
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 });
});
