/** The places a person calls tsrun from, under a real systemd: as root, in a session, from a service of the user's manager. */
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixture, repository } from '../support/fixture.ts';
import { scratchPrefix } from '../support/home.ts';
import { Running } from '../support/tsrun.ts';

/** test/vm/tests.sh makes the user, lets it linger and shows it the checkout. */
const user = process.env['TSRUN_TEST_USER'] ?? 'tsrun-test';
const shown = process.env['TSRUN_TEST_CHECKOUT'] ?? repository;
const idOf = (flag: '-u' | '-g'): number => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout);

export interface Place {
  readonly name: string;
  /** Runs a line of sh(1) there; `$tsrun` and `$oci` are the commands, `$image` and `$programs` are images, `$scratch` is his. */
  run(script: string): Running;
}

export interface UserHome {
  readonly places: readonly Place[];
  /** Directory of the user's service manager. */
  readonly manager: string;
  [Symbol.dispose](): void;
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A store of an ordinary user's, and his two places. */
export function makeUserHome(): UserHome {
  const uid = idOf('-u');
  const gid = idOf('-g');
  const home = mkdtempSync(join(tmpdir(), scratchPrefix));
  chownSync(home, uid, gid);
  const variables = {
    PATH: process.env['PATH'] ?? '',
    XDG_RUNTIME_DIR: `/run/user/${uid}`,
    TSRUN_STORE: join(home, 'store'),
    TSRUN_ROOT: join(home, 'state'),
    tsrun: join(shown, 'bin', 'tsrun'),
    oci: join(shown, 'bin', 'tsrun-oci'),
    scratch: home,
    image: fixture('busybox.tar').replace(repository, shown),
    programs: fixture('programs.tar').replace(repository, shown),
  };
  const env = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const as = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', 'env', ...env];
  const start = (argv: readonly string[]): Running =>
    new Running(spawn(argv[0] ?? '', argv.slice(1), { cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] }));
  return {
    places: [
      {
        // pam_systemd makes a session of it, whose control group is root's.
        name: 'a session',
        run: (script) => start(['su', '-l', user, '-c', ['env', ...env, 'sh', '-c', script].map(quote).join(' ')]),
      },
      {
        name: 'a service of the user’s manager',
        // systemd has variables of its own: a dollar sign is two.
        run: (script) =>
          start([
            ...as,
            'systemd-run',
            '--user',
            '--wait',
            '--pipe',
            '--quiet',
            ...env.flatMap((each) => ['-E', each]),
            'sh',
            '-c',
            script,
          ]),
      },
    ],
    manager: `/sys/fs/cgroup/user.slice/user-${uid}.slice/user@${uid}.service`,
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** What systemd knows of a unit. */
export function show(unit: string, ...properties: readonly string[]): Readonly<Record<string, string>> {
  const { stdout } = spawnSync('systemctl', ['show', unit, '-p', properties.join(',')], { encoding: 'utf8' });
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s).slice(0, 2)),
  );
}

/** Asks until systemd has taken the unit away: it hears of an empty group from the kernel. */
export function untilGone(unit: string): void {
  while (show(unit, 'ActiveState')['ActiveState'] !== 'inactive');
}
