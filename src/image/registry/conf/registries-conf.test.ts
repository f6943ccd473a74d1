import { parse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import { repositoryName, repositoryOf } from '../remote-image.ts';
import { withAlias } from './alias.ts';
import { pullPlaces, pushPlace } from './places.ts';
import { joinConf, type RegistriesConf, readRegistriesConf } from './registries-conf.ts';

const conf = (text: string): RegistriesConf => readRegistriesConf(parse(text), 'registries.conf');
const pulls = (text: string, name: string, version: 'tag' | 'digest' = 'tag'): readonly string[] =>
  pullPlaces(conf(text), repositoryOf(name), version).map(
    ({ repository, insecure }) => `${repositoryName(repository)}${insecure ? ' insecure' : ''}`,
  );

const mirrored = `
[[registry]]
location = "docker.io"
[[registry.mirror]]
location = "mirror.example:5000/hub"
insecure = true
[[registry.mirror]]
location = "second.example"
pull-from-mirror = "digest-only"
`;

describe('places', () => {
  test('are mirrors in their order, then the registry, each with its part of the name', () => {
    expect(pulls(mirrored, 'docker.io/library/alpine')).toEqual([
      'mirror.example:5000/hub/library/alpine insecure',
      'docker.io/library/alpine',
    ]);
    expect(pulls(mirrored, 'docker.io/library/alpine', 'digest')).toEqual([
      'mirror.example:5000/hub/library/alpine insecure',
      'second.example/library/alpine',
      'docker.io/library/alpine',
    ]);
    expect(pulls(mirrored, 'other.example/library/alpine')).toEqual(['other.example/library/alpine']);
  });

  test('are those of the longest prefix, which ends with a part of the name', () => {
    const text = `
[[registry]]
prefix = "a.example/team"
location = "b.example/x"
[[registry]]
prefix = "a.example"
location = "c.example"
`;
    expect(pulls(text, 'a.example/team/app')).toEqual(['b.example/x/app']);
    expect(pulls(text, 'a.example/teams/app')).toEqual(['c.example/teams/app']);
    expect(pulls(text, 'a.example.org/app')).toEqual(['a.example.org/app']);
  });

  test('of a wildcard are those of every host below it', () => {
    const text = '[[registry]]\nprefix = "*.example"\ninsecure = true';
    expect(pulls(text, 'a.b.example/app')).toEqual(['a.b.example/app insecure']);
    expect(pulls(text, 'example/app')).toEqual(['example/app']);
    expect(pulls('[[registry]]\nprefix = "*.example/team"\ninsecure = true', 'a.example/team/x')).toEqual([
      'a.example/team/x insecure',
    ]);
  });

  test('of a push are the registry alone; of what is blocked there are none', () => {
    expect(pushPlace(conf(mirrored), repositoryOf('docker.io/me/app'))).toEqual({
      repository: { registry: 'docker.io', path: 'me/app' },
      insecure: false,
    });
    const blocked = '[[registry]]\nlocation = "evil.example"\nblocked = true';
    expect(() => pulls(blocked, 'evil.example/app')).toThrow(TsrunError);
    expect(() => pushPlace(conf(blocked), repositoryOf('evil.example/app'))).toThrow('cannot use "evil.example/app"');
  });
});

describe('aliases', () => {
  const { aliases } = conf('[aliases]\nfedora = "registry.example/fedora"\n"team/app" = "other.example/app"');

  test.each([
    ['fedora', 'registry.example/fedora'],
    ['fedora:42', 'registry.example/fedora:42'],
    [`fedora@sha256:${'a'.repeat(64)}`, `registry.example/fedora@sha256:${'a'.repeat(64)}`],
    ['team/app:1', 'other.example/app:1'],
    ['fedoras', 'fedoras'],
    ['docker.io/fedora', 'docker.io/fedora'],
    ['localhost:5000/fedora', 'localhost:5000/fedora'],
  ])('%s is %s', (name, full) => {
    expect(withAlias({ rules: [], aliases }, name)).toBe(full);
  });

  test('and prefixes of a later file count', () => {
    const joined = joinConf(
      conf('[aliases]\na = "one.example/a"\nb = "one.example/b"\n[[registry]]\nlocation = "x.example"\nblocked = true'),
      conf('[aliases]\na = "two.example/a"\n[[registry]]\nlocation = "x.example"'),
    );
    expect([...joined.aliases]).toEqual([
      ['a', 'two.example/a'],
      ['b', 'one.example/b'],
    ]);
    expect(joined.rules.map(({ blocked }) => blocked)).toEqual([false]);
  });
});

describe('a file', () => {
  test('may say what decides nothing here', () => {
    const text =
      'unqualified-search-registries = ["a.example"]\nshort-name-mode = "enforcing"\ncredential-helpers = []';
    expect(conf(text)).toEqual({ rules: [], aliases: new Map() });
  });

  test.each([
    ['registry = 1', 'registry must be a list of tables: [[registry]]'],
    ['[[registry]]\nblocked = true', 'registry[0] must be a table with a prefix or a location'],
    ['[[registry]]\nprefix = "a.example"', 'registry[0].location must be there'],
    [
      '[[registry]]\nprefix = "*.a"\nlocation = "b"',
      'registry[0].location must be left out where the prefix begins with *.',
    ],
    ['[[registry]]\nlocation = "a"\nblocked = "yes"', 'registry[0].blocked must be true or false'],
    ['[[registry]]\nlocation = 5', 'registry[0].location must be a text'],
    [
      '[[registry]]\nlocation = "a"\n[[registry.mirror]]\ninsecure = true',
      'registry[0].mirror[0].location must be a text',
    ],
    [
      '[[registry]]\nlocation = "a"\n[[registry.mirror]]\nlocation = "b"\npull-from-mirror = "no"',
      'registry[0].mirror[0].pull-from-mirror must be all, digest-only or tag-only',
    ],
    ['[aliases]\na = 1', 'aliases.a must be a text'],
    ['[registries.search]\nregistries = []', 'registries must be in version 2 of the format: [[registry]]'],
  ])('%j is refused', (text, why) => {
    expect(() => conf(text)).toThrow(expect.objectContaining({ code: 'REGISTRY', why }));
  });
});
