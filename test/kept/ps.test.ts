/** Which containers `ps` shows, and how much they take up. */
import { afterAll, beforeAll, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';

let kept: KeptHome;
beforeAll(async () => {
  kept = new KeptHome();
  for (const name of ['first', 'second.web', 'third-web']) {
    await kept.text('create', '-q', '--name', name, '--label', 'tier=test', '--label', name, busybox, 'true');
  }
});
afterAll(() => kept.dispose());
const test = requires();

const names = async (...filters: readonly string[]): Promise<readonly string[]> => {
  const flags = filters.flatMap((filter) => ['--filter', filter]);
  const text = await kept.text('ps', '-a', '--format', '{{.Names}}', ...flags);
  return text === '' ? [] : text.split('\n').toSorted();
};

test('a name is a regular expression, as with docker', async () => {
  expect(await names('name=web')).toEqual(['second.web', 'third-web']);
  expect(await names('name=^/?s')).toEqual(['second.web']);
  expect(await names('name=^/first$')).toEqual(['first']);
  expect(await names('name=^web')).toEqual([]);
  expect(await names('name=^first$', 'name=third')).toEqual(['first', 'third-web']);
  const { stderr, exitCode } = await kept.run('ps', '--filter', 'name=(');
  expect(stderr).toContain('it is no regular expression');
  expect(exitCode).toBe(1);
});

test('has docker’s texts', async () => {
  const fields = '{{.RunningFor}}|{{.Status}}|{{.State}}|{{.Label "tier"}}|{{.Networks}}|{{.Command}}';
  expect(await kept.text('ps', '-a', '--filter', 'name=first', '--format', fields)).toMatch(
    /^\d+ \w+ ago\|Created\|created\|test\|none\|"true"$/,
  );
});

test('says when a container was made in the time zone of the person, as Go prints it', async () => {
  const created = Date.parse(await kept.inspect('first', '{{.Created}}'));
  const shown = async (zone: string): Promise<string> => {
    const args = ['ps', '-a', '--filter', 'name=first', '--format', '{{.CreatedAt}}'];
    const { stdout } = await tsrun(args, { env: { ...kept.home.env, TZ: zone } });
    return stdout.trimEnd();
  };
  const text = (offset: number, zone: string): string =>
    `${new Date(created + offset * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')} ${zone}`;
  expect(await shown('UTC')).toBe(text(0, '+0000 UTC'));
  expect(await shown('Asia/Tokyo')).toBe(text(9, '+0900 JST'));
  expect(await shown('America/Phoenix')).toBe(text(-7, '-0700 MST'));
  // A zone without a word of its own.
  expect(await shown('America/Argentina/Buenos_Aires')).toBe(text(-3, '-0300 -03'));
  const json = await tsrun(['ps', '-a', '--filter', 'name=first', '--format', 'json'], {
    env: { ...kept.home.env, TZ: 'Asia/Tokyo' },
  });
  expect(JSON.parse(json.stdout)).toMatchObject({ CreatedAt: text(9, '+0900 JST') });
});

test('before and since are about another container', async () => {
  expect(await names('before=second.web')).toEqual(['first']);
  expect(await names('since=first')).toEqual(['second.web', 'third-web']);
  expect(await names('since=first', 'before=third-web')).toEqual(['second.web']);
  expect((await kept.run('ps', '--filter', 'before=nobody')).stderr).toContain('no such container: nobody');
});

test('of several labels a container has to have all', async () => {
  expect(await names('label=tier=test', 'label=first')).toEqual(['first']);
  expect(await names('label=second.web', 'label=first')).toEqual([]);
});

test('network is the name of the network', async () => {
  await kept.text('create', '-q', '--name', 'open', '--network', 'host', busybox, 'true');
  expect(await names('network=host')).toEqual(['open']);
  expect(await names('network=none')).toEqual(['first', 'second.web', 'third-web']);
  await kept.text('rm', 'open');
});

test('expose finds the ports of the image, and publish those that are published', async () => {
  await kept.text('run', '--name', 'made', busybox, 'true');
  await kept.text('commit', '--change', 'EXPOSE 8080/udp', 'made', 'exposing');
  await kept.text('create', '-q', '--name', 'serves', 'exposing', 'true');
  expect(await names('expose=8080/udp')).toEqual(['serves']);
  expect(await names('expose=8000-9000/udp')).toEqual(['serves']);
  expect(await names('expose=8080')).toEqual([]);
  expect(await names('publish=8080/udp')).toEqual([]);
  expect((await kept.run('ps', '--filter', 'expose=http')).stderr).toContain('these are no ports');
  await kept.text('rm', 'made', 'serves');
});

test('--size says what was written, and that with the image', async () => {
  await kept.text('run', '--name', 'wrote', busybox, 'sh', '-c', 'dd if=/dev/zero of=/f bs=1000 count=2000');
  const image = Number(await kept.inspect(busyboxName, '{{.Size}}'));
  const virtual = `${((image + 2_000_000) / 1e6).toPrecision(3)}MB`;
  const shown = await kept.text('ps', '-a', '--size', '--filter', 'name=wrote');
  expect(shown).toMatch(/^CONTAINER ID .* NAMES +SIZE\n/);
  expect(shown.endsWith(`2MB (virtual ${virtual})`)).toBe(true);
  // A template that shows it asks for it.
  expect(await kept.text('ps', '-a', '--filter', 'name=wrote', '--format', '{{.Size}}')).toBe(
    `2MB (virtual ${virtual})`,
  );
  expect(await kept.text('ps', '-a', '--filter', 'name=wrote', '--format', 'json')).toContain('"Size":"N/A"');
  await kept.text('rm', 'wrote');
});

const busyboxName = 'busybox';
