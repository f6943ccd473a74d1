/** What is not used goes, what is stays, and what it took up is told. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires();
const ended = async (name: string, script: string, ...flags: readonly string[]): Promise<string> => {
  const id = await kept.detached(name, script, ...flags);
  await kept.text('wait', name);
  return id;
};
const answer = (input: string, ...args: readonly string[]) => tsrun(args, { env: kept.home.env, input });

describe('prune', () => {
  test('removes those that do not run, and says how much they had written', async () => {
    // Of another user inside, in a directory that only this one may read.
    const script =
      'mkdir /d && dd if=/dev/zero of=/d/f bs=1000 count=3000 && ln /d/f /d/g && chmod 700 /d && chown -R 1:1 /d';
    const gone = await ended('gone', script);
    const made = await kept.text('create', '-q', '--name', 'made', busybox, 'true');
    await kept.detached('lives', 'sleep 1000');
    expect(await kept.text('prune', '--force')).toBe(
      `Deleted Containers:\n${made}\n${gone}\n\nTotal reclaimed space: 3MB`,
    );
    expect(await kept.text('ps', '-a', '--format', '{{.Names}}')).toBe('lives');
    await kept.text('rm', '-f', 'lives');
  });

  test('asks first, and no answer is a no', async () => {
    await ended('stays', 'true');
    for (const input of ['', 'n\n', 'maybe\n']) {
      const { stdout, stderr, exitCode } = await answer(input, 'prune');
      expect(stdout).toContain(
        'WARNING! This will remove all stopped containers.\nAre you sure you want to continue? [y/N] ',
      );
      expect(stderr).toBe('tsrun: prune was not carried out: the answer was no\n');
      expect(exitCode).toBe(0);
    }
    expect(await kept.text('ps', '-aq')).not.toBe('');
    expect((await answer('y\n', 'container', 'prune')).stdout).toContain('Deleted Containers:');
    expect(await kept.text('ps', '-aq')).toBe('');
  });

  test('takes filters', async () => {
    await ended('new', 'true');
    await ended('tagged', 'true', '--label', 'keep=yes');
    await kept.text('prune', '-f', '--filter', 'until=1h');
    await kept.text('prune', '-f', '--filter', 'label!=keep');
    expect(await kept.text('ps', '-a', '--format', '{{.Names}}')).toBe('tagged');
    await kept.text('prune', '-f', '--filter', 'label=keep=yes');
    expect(await kept.text('ps', '-aq')).toBe('');
    expect((await kept.run('prune', '-f', '--filter', 'age=1')).stderr).toContain('there is no such key');
  });
});

describe('system', () => {
  test('df counts images and containers, and what could go', async () => {
    await kept.detached('lives', 'dd if=/dev/zero of=/f bs=1000 count=2000; echo written; exec sleep 1000');
    await kept.untilLogged('lives', 'written');
    await ended('gone', 'dd if=/dev/zero of=/f bs=1000 count=1000');
    await kept.text('load', '-qi', fixture('programs.tar'));
    await kept.text('exec', 'lives', 'sync');
    const rows = (
      await kept.text('system', 'df', '--format', '{{.Type}} {{.TotalCount}} {{.Active}} {{.Size}} {{.Reclaimable}}')
    ).split('\n');
    expect(rows[0]).toMatch(/^Images 2 1 \S+B \S+B \(\d+%\)$/);
    expect(rows[1]).toBe('Containers 2 1 3MB 1MB (33%)');
    expect(await kept.text('system', 'df')).toMatch(/^TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE\nImages +2 +1 /);
    const all = await kept.text('system', 'df', '-v');
    expect(all).toMatch(/REPOSITORY +TAG +IMAGE ID +CREATED +SIZE +SHARED SIZE +UNIQUE SIZE +CONTAINERS\n/);
    expect(all).toMatch(/ 1MB +\S.* ago +Exited \(0\) .* gone$/m);
    await kept.text('rm', '-f', 'lives', 'gone');
  });

  test('df counts volumes, and which containers have them', async () => {
    await ended('writer', 'dd if=/dev/zero of=/d/f bs=1000 count=4000', '-v', 'mine:/d', '-v', '/anonymous');
    await kept.text('volume', 'create', 'unused');
    await kept.text(
      'run',
      '--rm',
      '-v',
      'unused:/d',
      busybox,
      'sh',
      '-c',
      'dd if=/dev/zero of=/d/f bs=1000 count=1000',
    );
    const rows = (await kept.text('system', 'df')).split('\n');
    expect(rows[3]).toMatch(/^Local Volumes +3 +2 +5MB +1MB \(20%\)$/);
    const all = await kept.text('system', 'df', '-v');
    expect(all).toMatch(/^Local Volumes space usage:\n\nVOLUME NAME +LINKS +SIZE\n/m);
    expect(all).toMatch(/^mine +1 +4MB$/m);
    expect(all).toMatch(/^unused +0 +1MB$/m);
    // The two volumes of the container.
    expect(all).toMatch(/^CONTAINER ID .* LOCAL VOLUMES +SIZE .*\n[0-9a-f]{12} .*" +2 +\d/m);
    const json = JSON.parse(await kept.text('system', 'df', '-v', '--format', 'json')) as {
      readonly Volumes: readonly { readonly Name: string; readonly Size: string; readonly Links: string }[];
    };
    expect(json.Volumes.find(({ Name }) => Name === 'mine')).toMatchObject({ Size: '4MB', Links: '1' });
    expect(await kept.text('system', 'df', '-v', '--format', '{{range .Containers}}{{.Names}}{{end}}')).toBe('writer');
    await kept.text('rm', '-v', 'writer');
    await kept.text('volume', 'rm', 'mine', 'unused');
  });

  test('prune --volumes takes anonymous volumes along that no container has any more', async () => {
    await ended('has', 'echo x > /anonymous/f', '-v', 'named:/d', '-v', '/anonymous');
    const before = await kept.text('volume', 'ls', '-q');
    await kept.text('system', 'prune', '-f', '--filter', 'label=none');
    expect((await answer('n\n', 'system', 'prune')).stdout).not.toContain('volumes');
    const { stdout } = await answer('y\n', 'system', 'prune', '--volumes');
    expect(stdout).toContain('  - all anonymous volumes not used by at least one container\n');
    expect(stdout).toMatch(/Deleted Volumes:\n[0-9a-f]{64}\n\n/);
    expect(before.split('\n')).toHaveLength(2);
    expect(await kept.text('volume', 'ls', '-q')).toBe('named');
    await kept.text('volume', 'rm', 'named');
  });

  test('prune -a removes images without containers, and those with one stay', async () => {
    await kept.detached('user', 'sleep 1000');
    await ended('gone', 'true');
    await kept.text('load', '-qi', fixture('programs.tar'));
    const { stdout } = await answer('y\n', 'system', 'prune', '--all');
    expect(stdout).toContain('  - all images without at least one container associated to them\n');
    expect(stdout).toMatch(
      /Deleted Containers:\n[0-9a-f]{64}\n\nDeleted Images:\nuntagged: \S+\ndeleted: sha256:\S+\n\nTotal/,
    );
    expect((await kept.text('images', '-q')).split('\n').length).toBe(1);
    await kept.text('rm', '-f', 'user');
    await kept.text('image', 'prune', '-af');
    expect(await kept.text('images', '-q')).toBe('');
    expect(existsSync(join(kept.home.store, 'layers'))).toBe(true);
  });
});

test('docker’s long names are the short ones', async () => {
  const id = await kept.text('container', 'create', '-q', '--name', 'long', busybox, 'true');
  expect(await kept.text('container', 'ls', '-aq', '--no-trunc')).toBe(id);
  expect(await kept.text('container', 'inspect', '-f', '{{.Name}}', 'long')).toBe('/long');
  expect(await kept.text('image', 'ls', '-q')).toBe(await kept.text('images', '-q'));
  expect((await kept.run('container', 'lss')).stderr).toContain('did you mean tsrun container ls?');
  expect((await kept.run('image', 'inspect', 'long')).exitCode).toBe(1);
  await kept.text('container', 'rm', 'long');
  for (const group of ['container', 'image', 'system']) {
    expect(await kept.text(group)).toContain(`Usage: tsrun ${group}`);
  }
});
