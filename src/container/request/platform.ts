/** `--platform OS/ARCH[/VARIANT]`. */
import { badValue, type OptionName } from './bad-value.ts';

/** What uname(1) and people say, in the words of image-spec (Go's GOARCH). */
const aliases: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  x64: 'amd64',
  aarch64: 'arm64',
  i386: '386',
  i686: '386',
  armhf: 'arm/v7',
  armel: 'arm/v6',
};

/**
 * @example parsePlatform('linux/aarch64', '--platform') // 'linux/arm64'
 * @throws TsrunError USAGE
 */
export function parsePlatform(value: string, name: OptionName): string {
  const parts = value.toLowerCase().split('/');
  const example = 'write for example linux/amd64, linux/arm64 or linux/arm/v7';
  if (parts.length > 3 || !parts.every((part) => /^[a-z0-9_.-]+$/.test(part))) {
    throw badValue(name, value, 'a platform is OS/ARCHITECTURE[/VARIANT]', example);
  }
  // A single word is an architecture, or the operating system alone.
  const [os = '', given, variant] = parts.length === 1 && parts[0] !== 'linux' ? ['linux', parts[0]] : parts;
  if (os !== 'linux') throw badValue(name, value, `tsrun runs images for Linux, not for "${os}"`, example);
  if (given === undefined) return 'linux';
  const architecture = Object.hasOwn(aliases, given) ? aliases[given] : given;
  return ['linux', architecture, ...(variant === undefined ? [] : [variant])].join('/');
}
