/** Where registries.conf is: one file of the person's or the machine's, and what is dropped beside it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import { isSystemError } from '../../store/store-error.ts';
import { configHome, type RegistryAccess } from '../access.ts';
import { joinConf, noRegistriesConf, type RegistriesConf, readRegistriesConf } from './registries-conf.ts';

/** @throws TsrunError REGISTRY when a file that is there cannot be used */
export function findRegistriesConf(access: RegistryAccess): RegistriesConf {
  const own = access.env['CONTAINERS_REGISTRIES_CONF'];
  // Named by hand it stands alone.
  if (own) return readFile(own) ?? missing(own);
  const personal = join(configHome(access), 'containers');
  const main = readFile(join(personal, 'registries.conf')) ?? readFile('/etc/containers/registries.conf');
  const dropped = ['/etc/containers/registries.conf.d', join(personal, 'registries.conf.d')].flatMap(dropIns);
  return [main ?? noRegistriesConf, ...dropped].reduce(joinConf);
}

/** null: there is none. */
function readFile(path: string): RegistriesConf | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw new TsrunError('REGISTRY', `cannot read "${path}"`, { why: String(error), cause: error });
  }
  try {
    return readRegistriesConf(parse(text), path);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [why = ''] = error.message.split('\n');
    throw new TsrunError('REGISTRY', `cannot read "${path}"`, {
      why: `line ${error.line}: ${why.replace(/^Invalid TOML document: /, '')}`,
      hint: 'containers-registries.conf(5) has the format',
    });
  }
}

/** In the order of their names. */
function dropIns(directory: string): readonly RegistriesConf[] {
  let names: readonly string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith('.conf'))
    .sort()
    .flatMap((name) => readFile(join(directory, name)) ?? []);
}

function missing(path: string): never {
  throw new TsrunError('REGISTRY', `cannot read "${path}"`, {
    why: 'there is no such file',
    hint: 'CONTAINERS_REGISTRIES_CONF names it',
  });
}
