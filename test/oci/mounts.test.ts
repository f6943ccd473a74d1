/** What config.json says about mounts, as the kernel shows it inside: runtime-spec config.md#mounts. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { type MutableConfig, makeBundle, type TestBundle } from './bundle.ts';
import { type OciOutcome, tsrunOciPath } from './tsrun-oci.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const isRoot = process.getuid?.() === 0;
const source = (bundle: TestBundle): string => join(bundle.path, 'source');

type Change = (config: MutableConfig, bundle: TestBundle) => void;

/** A bundle beside which there is a directory `source`, to be mounted at /d. */
function bundleWith(change: Change, script = 'cat /proc/self/mountinfo'): TestBundle {
  const bundle = makeBundle(home.path);
  mkdirSync(join(source(bundle), 'below'), { recursive: true });
  // A root that a user namespace does not know makes no mount points.
  mkdirSync(join(bundle.rootfs, 'd'));
  bundle.configure((config) => {
    config.process.args = ['sh', '-c', script];
    change(config, bundle);
  });
  return bundle;
}

const binding =
  (...options: string[]): Change =>
  (config, bundle) => {
    config.mounts.push({ destination: '/d', source: source(bundle), options: ['rbind', ...options] });
  };

/** Ids of a range that a test's user namespace has. */
const range = (hostID: number) => [{ containerID: 0, hostID, size: 65_536 }];
const withUsers: Change = (config) => {
  config.linux.namespaces.push({ type: 'user' });
  config.linux['uidMappings'] = range(100_000);
  config.linux['gidMappings'] = range(100_000);
};

/**
 * `run` in a mount namespace in which `setup` has mounted something, `$S` being the bundle's `source`. An ordinary user is
 * root of a user namespace for that, and then itself in another one.
 */
function runAfter(bundle: TestBundle, setup: string, then = 'true'): OciOutcome {
  const self = isRoot ? '' : `unshare -U --map-user=${process.getuid?.()} --map-group=${process.getgid?.()}`;
  const script = `set -e; ${setup}; ${self} "$0" --root "$1" run --bundle "$2" c; ${then}`;
  const { stdout, stderr, status } = spawnSync(
    'unshare',
    ['-m', ...(isRoot ? [] : ['-Ur']), 'sh', '-c', script, tsrunOciPath, bundle.root, bundle.path],
    { encoding: 'utf8', env: { ...process.env, S: source(bundle) }, timeout: 150_000 },
  );
  return { stdout, stderr, status };
}

interface Seen {
  readonly attributes: readonly string[];
  /** For example `shared:5`. */
  readonly propagation: readonly string[];
  readonly superblock: readonly string[];
}

/** The mounts of a mountinfo, proc_pid_mountinfo(5), by their target. */
function mountsIn({ stdout, stderr, status }: OciOutcome): Readonly<Record<string, Seen>> {
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => {
        const [before = '', after = ''] = line.split(' - ');
        const words = before.split(' ');
        const seen: Seen = {
          attributes: words[5]?.split(',') ?? [],
          propagation: words.slice(6),
          superblock: after.split(' ')[2]?.split(',') ?? [],
        };
        return [words[4] ?? '', seen];
      }),
  );
}

const strict = 'nosuid,nodev,noexec,nosymfollow,noatime,nodiratime';
/** A mount with every attribute, and one below it. */
const strictSource = `mount -t tmpfs -o mode=755 s $S; mkdir $S/below; mount -t tmpfs -o ${strict} b $S/below
  mount -o remount,bind,ro,${strict} $S/below; mount -o remount,bind,ro,${strict} $S`;
const all = ['ro', 'nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'nosymfollow'].sort();

describe('attributes of a bind mount', () => {
  const cleared: readonly (readonly [string, readonly string[]])[] = [
    ['rw', ['rw', ...all.filter((word) => word !== 'ro')]],
    ['suid', all.filter((word) => word !== 'nosuid')],
    ['dev', all.filter((word) => word !== 'nodev')],
    ['exec', all.filter((word) => word !== 'noexec')],
    ['symfollow', all.filter((word) => word !== 'nosymfollow')],
    ['diratime', all.filter((word) => word !== 'nodiratime')],
    ['atime', ['relatime', ...all.filter((word) => word !== 'noatime')]],
    ['strictatime', all.filter((word) => word !== 'noatime')],
  ];
  for (const [word, expected] of cleared) {
    requires('root')(`${word} takes one off and leaves the others, r${word} below too`, () => {
      const own = mountsIn(runAfter(bundleWith(binding(word)), strictSource));
      expect(own['/d']?.attributes.toSorted()).toEqual(expected.toSorted());
      expect(own['/d/below']?.attributes.toSorted()).toEqual(all);
      const tree = mountsIn(runAfter(bundleWith(binding(`r${word}`)), strictSource));
      expect(tree['/d']?.attributes.toSorted()).toEqual(expected.toSorted());
      expect(tree['/d/below']?.attributes.toSorted()).toEqual(expected.toSorted());
    });
  }

  requires('root')('are taken off for a container with a user namespace too', () => {
    const bundle = bundleWith((config, self) => {
      withUsers(config, self);
      binding('rrw', 'rexec')(config, self);
    });
    const seen = mountsIn(runAfter(bundle, strictSource));
    const expected = ['rw', ...all.filter((each) => each !== 'ro' && each !== 'noexec')].sort();
    expect(seen['/d']?.attributes.toSorted()).toEqual(expected);
    expect(seen['/d/below']?.attributes.toSorted()).toEqual(expected);
  });

  requires('rootless')('that the host has set cannot be taken off by an ordinary user, who is told why', () => {
    const refused = runAfter(bundleWith(binding('rw')), 'mount -t tmpfs s $S; mount -o remount,bind,ro $S');
    expect(refused.status).toBe(255);
    expect(refused.stderr).toContain(`cannot bind "`);
    expect(refused.stderr).toContain('that a user namespace may not take off');
    expect(refused.stderr).toContain('leave rw, suid, dev, exec and atime options out');
  });

  requires()('are set: nosymfollow, and the words below only by their own', () => {
    const bundle = bundleWith(binding('nosymfollow', 'ro', 'noexec'));
    expect(mountsIn(bundle.oci(['run', 'c']))['/d']?.attributes).toEqual(
      expect.arrayContaining(['ro', 'nosymfollow', 'noexec']),
    );
  });

  requires('root')('are set below by the words with an r, and by them alone', () => {
    const seen = mountsIn(
      runAfter(bundleWith(binding('ro', 'rnosuid')), 'mount -t tmpfs s $S; mkdir $S/below; mount -t tmpfs b $S/below'),
    );
    expect(seen['/d']?.attributes.toSorted()).toEqual(['nosuid', 'relatime', 'ro']);
    expect(seen['/d/below']?.attributes.toSorted()).toEqual(['nosuid', 'relatime', 'rw']);
  });
});

describe('remount', () => {
  requires()('changes the attributes of what is mounted, and leaves the others', () => {
    const bundle = bundleWith((config, self) => {
      binding('noexec')(config, self);
      config.mounts.push({ destination: '/d', options: ['bind', 'remount', 'ro'] });
    });
    expect(mountsIn(bundle.oci(['run', 'c']))['/d']?.attributes).toEqual(expect.arrayContaining(['ro', 'noexec']));
  });

  requires()("changes a filesystem's parameters", () => {
    const bundle = bundleWith((config) => {
      config.mounts.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['size=1m', 'nosuid'] });
      config.mounts.push({ destination: '/tmp', type: 'tmpfs', options: ['remount', 'size=2m', 'noexec'] });
    });
    const seen = mountsIn(bundle.oci(['run', 'c']))['/tmp'];
    expect(seen?.superblock).toContain('size=2048k');
    expect(seen?.attributes).toEqual(expect.arrayContaining(['nosuid', 'noexec']));
  });

  requires()('changes the propagation', () => {
    const bundle = bundleWith((config, self) => {
      binding('private')(config, self);
      config.mounts.push({ destination: '/d', options: ['bind', 'remount', 'unbindable'] });
    });
    expect(mountsIn(bundle.oci(['run', 'c']))['/d']?.propagation).toEqual(['unbindable']);
  });

  for (const options of [['remount', 'ro'], ['remount'], ['remount', 'private']]) {
    requires()(`of what is no mount is an error that says so: ${options}`, () => {
      const bundle = bundleWith((config) => {
        config.mounts.push({ destination: '/etc', type: 'none', options });
      });
      const refused = bundle.oci(['create', 'c']);
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain('cannot change the mount at /etc');
      expect(refused.stderr).toContain('nothing is mounted there');
    });
  }
});

describe('the root of a tmpfs', () => {
  requires()('has the mode of the directory that it covers, or the one of its options', () => {
    const bundle = bundleWith((config, self) => {
      for (const [name, mode] of Object.entries({ open: 0o777, closed: 0o750, given: 0o750 })) {
        mkdirSync(join(self.rootfs, name));
        chmodSync(join(self.rootfs, name), mode);
      }
      const tmpfs = (destination: string, ...options: string[]) => ({ destination, type: 'tmpfs', options });
      config.mounts.push(tmpfs('/open'), tmpfs('/closed', 'ro'), tmpfs('/given', 'mode=711'), tmpfs('/new/one/'));
    }, 'stat -c "%n %a %u:%g" /open /closed /given /new /new/one');
    // A second start finds the directory that the first has made.
    for (const id of ['first', 'second']) {
      const { stdout, stderr } = bundle.oci(['run', id]);
      expect({ stdout, stderr }).toEqual({
        stdout: '/open 777 0:0\n/closed 750 0:0\n/given 711 0:0\n/new 755 0:0\n/new/one 1777 0:0\n',
        stderr: '',
      });
      bundle.oci(['delete', '--force', id]);
    }
  });

  requires()('has all of it with tmpcopyup, a read-only one too', () => {
    const bundle = bundleWith((config, self) => {
      for (const name of ['a', 'b']) {
        mkdirSync(join(self.rootfs, name, 'below'), { recursive: true });
        writeFileSync(join(self.rootfs, name, 'below', 'file'), `${name}\n`, { mode: 0o640 });
        chmodSync(join(self.rootfs, name), 0o711);
      }
      config.mounts.push({ destination: '/a', type: 'tmpfs', options: ['tmpcopyup'] });
      config.mounts.push({ destination: '/b', type: 'tmpfs', options: ['tmpcopyup', 'ro'] });
    }, 'cat /a/below/file /b/below/file; stat -c "%a" /a /b /b/below/file; touch /a/new; touch /b/new');
    expect(bundle.oci(['run', 'c'])).toMatchObject({
      stdout: 'a\nb\n711\n711\n640\n',
      stderr: 'touch: /b/new: Read-only file system\n',
    });
  });
});

describe('propagation', () => {
  const root = (propagation: string): Seen | undefined => {
    const bundle = bundleWith((config) => {
      config.linux['rootfsPropagation'] = propagation;
    });
    // Nothing is shared where the machine's root is not.
    return mountsIn(isRoot ? runAfter(bundle, 'mount --make-rshared /') : bundle.oci(['run', 'c']))['/'];
  };
  requires('root')('of the root is that of rootfsPropagation', () => {
    expect(root('slave')?.propagation).toEqual([expect.stringMatching(/^master:\d+$/)]);
    expect(root('rslave')?.propagation).toEqual([expect.stringMatching(/^master:\d+$/)]);
    expect(root('private')?.propagation).toEqual([]);
    expect(root('unbindable')?.propagation).toEqual(['unbindable']);
    const shared = root('rshared')?.propagation;
    expect(shared).toEqual(expect.arrayContaining([expect.stringMatching(/^shared:\d+$/)]));
  });
  requires('rootless')('of the root is that of rootfsPropagation, without root too', () => {
    expect(root('private')?.propagation).toEqual([]);
    expect(root('shared')?.propagation).toContainEqual(expect.stringMatching(/^shared:\d+$/));
    expect(root('unbindable')?.propagation).toEqual(['unbindable']);
  });

  requires()('of a mount is the word of its options', () => {
    const bundle = bundleWith((config, self) => {
      for (const word of ['unbindable', 'shared', 'private']) {
        config.mounts.push({ destination: `/${word}`, source: source(self), options: ['bind', word] });
        config.mounts.push({ destination: `/own-${word}`, type: 'tmpfs', options: [word] });
      }
      config.mounts.push({ destination: '/tree', source: source(self), options: ['rbind', 'runbindable'] });
    });
    const seen = mountsIn(bundle.oci(['run', 'c']));
    for (const name of ['unbindable', 'own-unbindable', 'tree'])
      expect([name, seen[`/${name}`]?.propagation]).toEqual([name, ['unbindable']]);
    for (const name of ['private', 'own-private']) expect([name, seen[`/${name}`]?.propagation]).toEqual([name, []]);
    for (const name of ['shared', 'own-shared'])
      expect(seen[`/${name}`]?.propagation).toContainEqual(expect.stringMatching(/^shared:\d+$/));
  });

  requires('root')('shared leaves the mount a peer of the host’s', () => {
    const { stdout, status } = runAfter(
      bundleWith(binding('rshared'), "grep ' /d ' /proc/self/mountinfo"),
      'mount -t tmpfs s $S; mount --make-shared $S',
      "grep '/source ' /proc/self/mountinfo",
    );
    expect(status).toBe(0);
    const groups = [...stdout.matchAll(/ shared:(\d+)/g)].map(([, group]) => group);
    expect(groups).toHaveLength(2);
    expect(groups[0]).toBe(groups[1]);
  });
});

describe('mapped ids of a mount', () => {
  const script = 'stat -c %u:%g /d/file; touch /d/made';
  /** A file of uid 7 and gid 8, and what the host says about one that was made inside. */
  function owners(change: Change): { readonly inside: string; readonly outside: string } {
    const bundle = bundleWith(change, script);
    writeFileSync(join(source(bundle), 'file'), '');
    chownSync(join(source(bundle), 'file'), 7, 8);
    const { stdout, stderr, status } = bundle.oci(['run', 'c']);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const outside = spawnSync('stat', ['-c', '%u:%g', join(source(bundle), 'made')], { encoding: 'utf8' });
    return { inside: stdout.trim(), outside: outside.stdout.trim() };
  }

  requires('root')('are the container’s with idmap alone: the disk keeps the ids that are seen inside', () => {
    expect(
      owners((config, bundle) => {
        withUsers(config, bundle);
        binding('idmap')(config, bundle);
      }),
    ).toEqual({ inside: '7:8', outside: '0:0' });
  });

  requires('root')('are those of a user namespace that is joined', async () => {
    const holder = spawn('unshare', ['-U', 'sh', '-c', 'echo; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    for (const map of ['uid_map', 'gid_map']) writeFileSync(`/proc/${holder.pid}/${map}`, '0 100000 65536\n');
    const found = owners((config, bundle) => {
      config.linux.namespaces.push({ type: 'user', path: `/proc/${holder.pid}/ns/user` });
      binding('idmap')(config, bundle);
    });
    expect(found).toEqual({ inside: '7:8', outside: '0:0' });
    holder.stdin.end();
    await once(holder, 'exit');
  });

  requires('root')('are the mount’s own, without a user namespace too', () => {
    expect(
      owners((config, bundle) => {
        config.mounts.push({
          destination: '/d',
          source: source(bundle),
          options: ['rbind', 'ridmap'],
          uidMappings: [{ containerID: 5, hostID: 0, size: 100 }],
          gidMappings: [{ containerID: 6, hostID: 0, size: 100 }],
        });
        // Whose owner the mapping does not know, nobody may write to.
        chownSync(source(bundle), 5, 6);
      }),
    ).toEqual({ inside: '2:2', outside: '5:6' });
  });

  requires('rootless')('are refused to an ordinary user, by the field', () => {
    const refused = bundleWith(binding('idmap')).oci(['create', 'c']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/cannot use mounts\[\d+\]\.options "idmap"/);
    expect(refused.stderr).toContain('the kernel lets only root map the ids');
  });
});
