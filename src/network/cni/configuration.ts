/**
 * Network configurations of CNI: cni/SPEC.md, section 1. A list of plugins that are called one after the other, or the older form of one
 * plugin alone.
 */

export interface CniPlugin {
  /** Name of its program. */
  readonly type: string;
  /** What it wants to be told of the container: names of fields of `runtimeConfig`. */
  readonly capabilities: readonly string[];
  /** Everything that the file says of it but its capabilities. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface CniConfiguration {
  readonly name: string;
  /** Of the documents that plugins get and give. */
  readonly version: CniVersion;
  /** Whether its plugins may be asked if all is as they left it. */
  readonly check: 'allowed' | 'refused';
  readonly plugins: readonly CniPlugin[];
  /** As it was read. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** Those whose results have a list of addresses, oldest first. */
const versions = ['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;
export type CniVersion = (typeof versions)[number];

export type ParsedConfiguration =
  | { readonly type: 'valid'; readonly configuration: CniConfiguration }
  | { readonly type: 'invalid'; readonly why: string };

const invalid = (why: string): ParsedConfiguration => ({ type: 'invalid', why });

export function parseConfiguration(text: string): ParsedConfiguration {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    return invalid(`it is not JSON: ${(error as Error).message}`);
  }
  if (!isObject(document)) return invalid('it is not an object');
  const { name, plugins = [document], disableCheck } = document;
  if (typeof name !== 'string' || !isCniName(name)) return invalid('its "name" is not letters, digits, _ . -');
  const version = versionOf(document);
  if (version === null) {
    return invalid(
      `its "cniVersion" is ${JSON.stringify(document['cniVersion']) ?? 'missing'}: ${versions.join(', ')}`,
    );
  }
  // Lower versions have no CHECK.
  const check = disableCheck === true || disableCheck === 'true' || version.startsWith('0.3') ? 'refused' : 'allowed';
  if (!Array.isArray(plugins) || plugins.length === 0) return invalid('its "plugins" are no list of plugins');
  const parsed: CniPlugin[] = [];
  for (const [index, plugin] of plugins.entries()) {
    const each: unknown = plugin;
    if (!isObject(each)) return invalid(`plugins[${index}] is not an object`);
    const { type, capabilities = {}, ...fields } = each;
    if (typeof type !== 'string' || !isProgram(type)) return invalid(`plugins[${index}].type is no name of a program`);
    if (!isObject(capabilities)) return invalid(`plugins[${index}].capabilities is not an object`);
    const wanted = Object.keys(capabilities).filter((key) => capabilities[key] === true);
    parsed.push({ type, capabilities: wanted, fields: { ...fields, type } });
  }
  return { type: 'valid', configuration: { name, version, check, plugins: parsed, document } };
}

/** `cniVersions` says all that it may be used with; the newest that is known here is taken. */
function versionOf({ cniVersion, cniVersions = [] }: Readonly<Record<string, unknown>>): CniVersion | null {
  const given: readonly unknown[] = [cniVersion, ...(Array.isArray(cniVersions) ? (cniVersions as unknown[]) : [])];
  return versions.findLast((each) => given.includes(each)) ?? null;
}

/** Of a network, and of a container. */
export const isCniName = (text: string): boolean => /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(text);

/** In one of the directories of plugins, and nowhere else. */
const isProgram = (text: string): boolean => text !== '' && text !== '.' && text !== '..' && !/[/\0]/.test(text);

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
