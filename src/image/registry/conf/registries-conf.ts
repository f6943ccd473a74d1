/**
 * The settings that podman, skopeo and buildah share, containers-registries.conf(5): mirrors, other places, blocks, aliases of short names.
 * What is said there of where unqualified names are searched is not followed: a name without a registry is docker.io's, as with docker.
 */
import { TsrunError } from '../../../errors/tsrun-error.ts';

/** A place of a registry. `location` is host[:port] and perhaps the beginning of a path. */
export interface RegistryPlace {
  readonly location: string;
  /** Certificates are not checked, and http will do. */
  readonly insecure: boolean;
}

export interface RegistryMirror extends RegistryPlace {
  readonly pulls: 'all' | 'digest-only' | 'tag-only';
}

/** What is said of all repositories that begin so. */
export interface RegistryRule extends RegistryPlace {
  /** host[:port], or `*.host`, and perhaps the beginning of a path. */
  readonly prefix: string;
  readonly blocked: boolean;
  readonly mirrors: readonly RegistryMirror[];
}

export interface RegistriesConf {
  readonly rules: readonly RegistryRule[];
  /** Repositories by the short names that stand for them. */
  readonly aliases: ReadonlyMap<string, string>;
}

export const noRegistriesConf: RegistriesConf = { rules: [], aliases: new Map() };

/** What the later file says of a prefix or an alias counts. */
export const joinConf = (one: RegistriesConf, other: RegistriesConf): RegistriesConf => ({
  rules: [...one.rules.filter(({ prefix }) => !other.rules.some((rule) => rule.prefix === prefix)), ...other.rules],
  aliases: new Map([...one.aliases, ...other.aliases]),
});

type Table = Readonly<Record<string, unknown>>;

/**
 * Reads a parsed file. Fields that decide nothing here are skipped.
 *
 * @param file for messages
 * @throws TsrunError REGISTRY when a field is not what it must be
 */
export function readRegistriesConf(document: unknown, file: string): RegistriesConf {
  const bad = (at: string, what: string): TsrunError =>
    new TsrunError('REGISTRY', `cannot use "${file}"`, {
      why: `${at} must be ${what}`,
      hint: 'containers-registries.conf(5) has the format',
    });
  const top = tableOf(document, 'the file', bad);
  if (top['registries'] !== undefined) throw bad('registries', 'in version 2 of the format: [[registry]]');
  const rules = listOf(top['registry'], 'registry', bad).map((value, n) => ruleOf(value, `registry[${n}]`, bad));
  const aliases = Object.entries(top['aliases'] === undefined ? {} : tableOf(top['aliases'], 'aliases', bad));
  return {
    rules,
    aliases: new Map(aliases.map(([name, value]) => [name, textOf(value, `aliases.${name}`, bad)])),
  };
}

type Bad = (at: string, what: string) => TsrunError;

function ruleOf(value: unknown, at: string, bad: Bad): RegistryRule {
  const table = tableOf(value, at, bad);
  const location = optionalText(table['location'], `${at}.location`, bad);
  const prefix = optionalText(table['prefix'], `${at}.prefix`, bad) || location;
  if (prefix === '') throw bad(at, 'a table with a prefix or a location');
  if (prefix.startsWith('*.') && location !== '')
    throw bad(`${at}.location`, 'left out where the prefix begins with *.');
  if (location === '' && !prefix.startsWith('*.')) throw bad(`${at}.location`, 'there');
  const digestOnly = flagOf(table['mirror-by-digest-only'], `${at}.mirror-by-digest-only`, bad);
  const mirrors = listOf(table['mirror'], `${at}.mirror`, bad).map((mirror, n): RegistryMirror => {
    const place = `${at}.mirror[${n}]`;
    const fields = tableOf(mirror, place, bad);
    const pulls = optionalText(fields['pull-from-mirror'], `${place}.pull-from-mirror`, bad) || 'all';
    if (pulls !== 'all' && pulls !== 'digest-only' && pulls !== 'tag-only')
      throw bad(`${place}.pull-from-mirror`, 'all, digest-only or tag-only');
    return {
      location: textOf(fields['location'], `${place}.location`, bad),
      insecure: flagOf(fields['insecure'], `${place}.insecure`, bad),
      pulls: digestOnly ? 'digest-only' : pulls,
    };
  });
  return {
    prefix,
    location,
    insecure: flagOf(table['insecure'], `${at}.insecure`, bad),
    blocked: flagOf(table['blocked'], `${at}.blocked`, bad),
    mirrors,
  };
}

function tableOf(value: unknown, at: string, bad: Bad): Table {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(at, 'a table');
  return value as Table;
}

function listOf(value: unknown, at: string, bad: Bad): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw bad(at, `a list of tables: [[${at.replace(/\[\d+\]/g, '')}]]`);
  return value;
}

function textOf(value: unknown, at: string, bad: Bad): string {
  if (typeof value !== 'string' || value === '') throw bad(at, 'a text');
  return value;
}

const optionalText = (value: unknown, at: string, bad: Bad): string =>
  value === undefined || value === '' ? '' : textOf(value, at, bad);

function flagOf(value: unknown, at: string, bad: Bad): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw bad(at, 'true or false');
  return value;
}
