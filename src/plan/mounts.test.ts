import { describe, expect, it } from 'vitest';
import type { OciConfig, OciMount } from '../oci/config.ts';
import type { PlanInput } from './build-plan.ts';
import { mountSteps } from './mounts.ts';
import type { AttributeChange, Bind, MountIdMap } from './plan.ts';
import { rootPropagation } from './rootfs.ts';
import { Slots } from './slots.ts';

const root = { type: 'root' } as const;
const user = { type: 'rootless', uid: 1000, gid: 1000 } as const;
const mapped = [{ container: 0, host: 100_000, size: 65_536 }];

interface Given {
  readonly privilege?: typeof root | typeof user;
  readonly userns?: Partial<PlanInput['userns']>;
  readonly linux?: OciConfig['linux'];
}

/** Only what mountSteps looks at. */
const stepsOf = (mount: OciMount, { privilege = root, userns = { type: 'host' }, linux = {} }: Given = {}) =>
  mountSteps(
    {
      config: { ociVersion: '1.2.0', mounts: [mount], linux },
      host: { privilege },
      userns,
      rootfs: { type: 'bind', readonly: false },
    } as unknown as PlanInput,
    new Slots(),
  );

function changes(...options: string[]): readonly AttributeChange[] {
  const { steps } = stepsOf({ destination: '/d', source: '/s', options: ['rbind', ...options] });
  return (steps[0] as Bind).changes;
}
const change = (reach: 'this' | 'tree', set: AttributeChange['set'], clear: AttributeChange['clear'] = []) => ({
  reach,
  set,
  clear,
  atime: null,
});

describe('the attributes of a bind mount', () => {
  it('stay its source’s where nothing is said', () => {
    expect(changes()).toEqual([]);
    expect(changes('rprivate', 'defaults')).toEqual([]);
    expect(changes('nosuid', 'defaults')).toEqual([]);
  });
  it.each([
    ['ro', 'rw', 'readonly'],
    ['nosuid', 'suid', 'nosuid'],
    ['nodev', 'dev', 'nodev'],
    ['noexec', 'exec', 'noexec'],
    ['nodiratime', 'diratime', 'nodiratime'],
    ['nosymfollow', 'symfollow', 'nosymfollow'],
  ] as const)('%s sets and %s clears', (on, off, flag) => {
    expect(changes(on)).toEqual([change('this', [flag])]);
    expect(changes(off)).toEqual([change('this', [], [flag])]);
    expect(changes(`r${on}`)).toEqual([change('tree', [flag])]);
    expect(changes(`r${off}`)).toEqual([change('tree', [], [flag])]);
    expect(changes(on, off)).toEqual([change('this', [], [flag])]);
  });
  it.each([
    ['noatime', 'noatime'],
    ['strictatime', 'strictatime'],
    ['norelatime', 'strictatime'],
    ['atime', 'relatime'],
    ['relatime', 'relatime'],
    ['nostrictatime', 'relatime'],
  ] as const)('%s means %s', (word, atime) => {
    expect(changes(word)).toEqual([{ ...change('this', []), atime }]);
    expect(changes(`r${word}`)).toEqual([{ ...change('tree', []), atime }]);
  });
  it('of the mounts below change after those of the mount itself, and only by their own words', () => {
    expect(changes('rnosuid', 'ro', 'rrw')).toEqual([
      change('this', ['readonly']),
      change('tree', ['nosuid'], ['readonly']),
    ]);
  });
});

describe('a filesystem of its own', () => {
  const mount = (...options: string[]) => stepsOf({ destination: '/t', type: 'tmpfs', options }).steps[0];
  it('has the attributes that were said, those below too', () => {
    expect(mount('ro', 'rnosuid', 'nosymfollow', 'rrw')).toMatchObject({
      attributes: { readonly: false, nosuid: true, nosymfollow: true, nodev: false },
    });
  });
  it('has a propagation only when it was said', () => {
    expect(mount()).toMatchObject({ propagation: null });
    expect(mount('runbindable')).toMatchObject({ propagation: 'unbindable' });
  });
});

describe('linux.mountLabel', () => {
  const label = 'system_u:object_r:container_file_t:s0:c1,c2';
  const of = (type: string, destination = '/t') =>
    stepsOf({ destination, type, options: ['mode=755'] }, { linux: { mountLabel: label } }).steps[0];
  it('is a parameter of filesystems that take one', () => {
    for (const type of ['tmpfs', 'devpts']) {
      expect(of(type)).toMatchObject({ parameters: ['mode=755', `context=${label}`], label: '' });
    }
  });
  it('is set on the root of a message queue, and not on the filesystems of the kernel', () => {
    expect(of('mqueue')).toMatchObject({ parameters: ['mode=755'], label });
    for (const type of ['proc', 'sysfs', 'cgroup', 'cgroup2'])
      expect(of(type)).toMatchObject({ parameters: ['mode=755'], label: '' });
  });
});

describe('a tmpfs', () => {
  const inherits = (type: string, options: readonly string[]) => {
    const [step] = stepsOf({ destination: '/t', type, options }).steps;
    return step?.kind === 'mount' ? step.inherits : undefined;
  };
  it('has the mode of the directory below, when its options name none', () => {
    expect(inherits('tmpfs', ['nosuid', 'size=1m'])).toBe('mode');
    expect(inherits('tmpfs', ['mode=700'])).toBe('nothing');
    expect(inherits('tmpfs', ['mode=700', 'tmpcopyup'])).toBe('content');
    expect(inherits('proc', [])).toBe('nothing');
  });
});

describe('a remount', () => {
  it('changes what is said, and no filesystem without parameters', () => {
    expect(stepsOf({ destination: '/d', options: ['bind', 'remount', 'ro', 'exec', 'size=1m'] })).toEqual({
      openTrees: [],
      steps: [
        {
          kind: 'remount',
          target: '/d',
          changes: [change('this', ['readonly'], ['noexec'])],
          parameters: [],
          propagation: null,
          propagationReach: 'this',
          demand: 'required',
        },
      ],
    });
    expect(stepsOf({ destination: '/t', type: 'tmpfs', options: ['remount', 'size=1m'] }).steps).toMatchObject([
      { kind: 'remount', changes: [], parameters: ['size=1m'] },
    ]);
  });
});

describe('mapped ids of a mount', () => {
  const bind: OciMount = { destination: '/d', source: '/s', options: ['rbind'] };
  const lines = [{ containerID: 0, hostID: 5000, size: 10 }];
  const idMap = (mount: OciMount, given: Given = {}): MountIdMap | null | undefined =>
    stepsOf(mount, given).openTrees[0]?.idMap;

  it('are its own, of this mount unless ridmap says more', () => {
    const own = { uidMappings: lines, gidMappings: lines };
    const users = {
      type: 'map',
      uids: [{ container: 0, host: 5000, size: 10 }],
      gids: [{ container: 0, host: 5000, size: 10 }],
    };
    expect(idMap({ ...bind, ...own })).toEqual({ reach: 'this', users });
    expect(idMap({ ...bind, ...own, options: ['rbind', 'idmap'] })).toEqual({ reach: 'this', users });
    expect(idMap({ ...bind, ...own, options: ['rbind', 'ridmap'] })).toEqual({ reach: 'tree', users });
  });
  it('are the container’s when only idmap is said', () => {
    const userns = { type: 'new', uids: mapped, gids: mapped } as const;
    expect(idMap({ ...bind, options: ['rbind', 'idmap'] }, { userns })).toEqual({
      reach: 'this',
      users: { type: 'map', uids: mapped, gids: mapped },
    });
    const linux = { namespaces: [{ type: 'user', path: '/proc/1/ns/user' }] } as const;
    expect(idMap({ ...bind, options: ['rbind', 'ridmap'] }, { userns: { type: 'joined' }, linux })).toEqual({
      reach: 'tree',
      users: { type: 'namespace', path: '/proc/1/ns/user' },
    });
  });
  it('are none otherwise', () => {
    expect(idMap(bind)).toBe(undefined);
    expect(idMap(bind, { userns: { type: 'new', uids: mapped, gids: mapped } })).toBe(null);
  });
  it('are refused to an ordinary user, by the field', () => {
    const refused = () => stepsOf({ ...bind, options: ['idmap', 'bind'] }, { privilege: user });
    expect(refused).toThrow('cannot use mounts[0].options "idmap"');
    expect(() => stepsOf({ ...bind, uidMappings: lines, gidMappings: lines }, { privilege: user })).toThrow(
      'cannot use mounts[0].uidMappings',
    );
  });
});

describe('the propagation of the root', () => {
  const of = (rootfsPropagation: NonNullable<NonNullable<OciConfig['linux']>['rootfsPropagation']>) =>
    rootPropagation({ ociVersion: '1.2.0', linux: { namespaces: [{ type: 'mount' }], rootfsPropagation } });
  const step = (propagation: string, reach: string) => ({
    kind: 'root-propagation',
    root: 'container',
    propagation,
    reach,
  });
  const host = [{ ...step('slave', 'tree'), root: 'host' }];
  it('slave is what it has anyway', () => {
    expect(of('rslave')).toEqual({ host, early: [], late: [] });
  });
  it('private comes before the mounts, shared and unbindable after all of them', () => {
    expect(of('private')).toEqual({ host, early: [step('private', 'tree')], late: [] });
    expect(of('shared')).toEqual({ host, early: [], late: [step('shared', 'this')] });
    expect(of('rshared')).toEqual({ host, early: [], late: [step('shared', 'tree')] });
    expect(of('unbindable')).toEqual({ host, early: [step('private', 'tree')], late: [step('unbindable', 'this')] });
  });
  it('the host’s is left alone in its own namespace, and nothing spreads from the container’s', () => {
    const early = [step('private', 'tree')];
    expect(rootPropagation({ ociVersion: '1.2.0' })).toEqual({ host: [], early, late: [] });
  });
});
