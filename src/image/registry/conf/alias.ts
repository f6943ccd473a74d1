/** Short names that registries.conf knows. */
import { readReference } from '../../reference.ts';
import type { RegistriesConf } from './registries-conf.ts';

/**
 * The name with what its alias stands for; the same when it has a registry, or no alias. Tag and digest stay.
 *
 * @example withAlias(conf, 'fedora:42') // 'registry.fedoraproject.org/fedora:42'
 */
export function withAlias({ aliases }: RegistriesConf, text: string): string {
  if (readReference(text) === null) return text;
  const [, name = '', version = ''] = /^(.*?)((?::[^:/@]+)?(?:@.*)?)$/s.exec(text) ?? [];
  const target = aliases.get(name);
  return target === undefined ? text : `${target}${version}`;
}
