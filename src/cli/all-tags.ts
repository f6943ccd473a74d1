/** `--all-tags` of pull and push: a repository in place of one of its images. */
import { TsrunError } from '../errors/tsrun-error.ts';
import { type Reference, readReference } from '../image/reference.ts';
import { type Repository, repositoryOf } from '../image/registry/remote-image.ts';
import type { StoreLayout } from '../image/store/layout.ts';
import { listNames } from '../image/store/names.ts';

/** @throws TsrunError USAGE for a name that says which tag, or none */
export function repositoryNamed(name: string, verb: 'pull' | 'push'): Repository {
  const parsed = readReference(name);
  if (parsed !== null && parsed.tag === null && parsed.digest === null) return repositoryOf(parsed.repository);
  throw new TsrunError('USAGE', `cannot ${verb} all tags of "${name}"`, {
    why: parsed === null ? 'it is no name of a repository' : 'it names one image, not a repository',
    hint: `for example tsrun ${verb} --all-tags registry.example/team/app`,
  });
}

/** Every stored name of a repository. @throws TsrunError IMAGE_NOT_FOUND when there is none */
export function storedTags(layout: StoreLayout, { registry, path }: Repository): readonly Reference[] {
  const names = listNames(layout).map(({ name }) => name);
  const own = names.filter((name) => readReference(name)?.repository === `${registry}/${path}`);
  if (own.length > 0) return own;
  throw new TsrunError('IMAGE_NOT_FOUND', `cannot find images of the repository "${registry}/${path}"`, {
    why: 'no stored image has a name in it',
    hint: 'tsrun images lists the stored images, tsrun tag gives them names',
  });
}
