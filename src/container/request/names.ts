/** Names that people give: of the container, of its host. */
import { badValue, type OptionName } from './bad-value.ts';
import type { ContainerName, VolumeName } from './run-request.ts';

/** @throws TsrunError USAGE */
export function parseContainerName(value: string, name: OptionName): ContainerName {
  // Some scripts carry docker's inspect spelling with a slash in front.
  const bare = value.replace(/^\//, '');
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/.test(bare)) return bare as ContainerName;
  throw badValue(
    name,
    value,
    bare.length > 128
      ? 'it is longer than 128 characters'
      : 'it has to be two or more of letters, digits, _ . - and to begin with a letter or digit',
    'write for example web-1',
  );
}

/** sethostname(2) takes 64 bytes; the letters are those of RFC 1123 and the underscore. @throws TsrunError USAGE */
export function parseHostname(value: string, name: OptionName): string {
  if (value.length <= 64 && /^[a-zA-Z0-9_]([\w.-]*[a-zA-Z0-9_])?$/.test(value)) return value;
  throw badValue(
    name,
    value,
    value.length > 64
      ? 'it is longer than the 64 characters that the kernel keeps'
      : 'it has to be made of letters, digits, _, - and dots, without - or dot at the ends',
    'write for example web-1',
  );
}

/** @throws TsrunError USAGE */
export function parseVolumeName(volume: string, value: string, name: OptionName): VolumeName {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}$/.test(volume)) return volume as VolumeName;
  throw badValue(
    name,
    value,
    volume.length > 255
      ? 'the name of the volume is longer than 255 characters'
      : `"${volume}" is no name of a volume: two or more of letters, digits, _ . - that begin with a letter or digit`,
    `for a directory of the host write its path: ./${volume}`,
  );
}
