/** From a repository to the places that are asked for it, as registries.conf has it. */
import { TsrunError } from '../../../errors/tsrun-error.ts';
import { type RemoteImage, type Repository, repositoryName, repositoryOf } from '../remote-image.ts';
import type { RegistriesConf, RegistryPlace, RegistryRule } from './registries-conf.ts';

export interface RepositoryPlace {
  readonly repository: Repository;
  readonly insecure: boolean;
}

/**
 * Mirrors in their order, then the registry itself.
 *
 * @throws TsrunError REGISTRY_DENIED for a registry that is blocked
 */
export function pullPlaces(
  conf: RegistriesConf,
  repository: Repository,
  version: RemoteImage['version']['type'],
): readonly RepositoryPlace[] {
  const rule = ruleFor(conf, repository);
  if (rule === null) return [{ repository, insecure: false }];
  const mirrors = rule.mirrors.filter(({ pulls }) => pulls === 'all' || pulls === `${version}-only`);
  return [...mirrors, rule].map((place) => at(repository, rule, place));
}

/**
 * Where it is pushed to: never a mirror.
 *
 * @throws TsrunError REGISTRY_DENIED for a registry that is blocked
 */
export function pushPlace(conf: RegistriesConf, repository: Repository): RepositoryPlace {
  const rule = ruleFor(conf, repository);
  return rule === null ? { repository, insecure: false } : at(repository, rule, rule);
}

/** The one with the longest prefix; null: nothing is said of it. */
function ruleFor({ rules }: RegistriesConf, repository: Repository): RegistryRule | null {
  const name = repositoryName(repository);
  const fitting = rules.filter(({ prefix }) => fits(name, repository.registry, prefix));
  const rule = fitting.reduce<RegistryRule | null>(
    (longest, next) => (longest === null || next.prefix.length > longest.prefix.length ? next : longest),
    null,
  );
  if (rule?.blocked !== true) return rule;
  throw new TsrunError('REGISTRY_DENIED', `cannot use "${name}"`, {
    why: `registries.conf blocks "${rule.prefix}"`,
    hint: 'whoever administers this machine said so: see containers-registries.conf(5)',
  });
}

function fits(name: string, registry: string, prefix: string): boolean {
  if (!prefix.startsWith('*.')) return name === prefix || name.startsWith(`${prefix}/`);
  const [host = '', ...path] = prefix.slice(1).split('/');
  if (!registry.endsWith(host)) return false;
  return path.length === 0 || `${name}/`.startsWith(`${[registry, ...path].join('/')}/`);
}

/** The place takes the prefix's part of the name. */
function at(repository: Repository, { prefix }: RegistryRule, { location, insecure }: RegistryPlace): RepositoryPlace {
  if (location === '') return { repository, insecure };
  const name = repositoryName(repository);
  const kept = prefix.startsWith('*.') ? `/${repository.path}` : name.slice(prefix.length);
  return { repository: repositoryOf(`${location}${kept}`), insecure };
}
