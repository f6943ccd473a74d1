/** Platforms: which of an index's images runs here. Values are Go's GOOS and GOARCH, image-spec image-index.md. */
import { TsrunError } from '../errors/tsrun-error.ts';
import { asObject, asText, optionalText } from './document/json.ts';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | null;
}

const architectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: '386',
  ppc64: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
  loong64: 'loong64',
};

/** What people also call them. */
const aliases: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm',
  armel: 'arm',
  i386: '386',
  i686: '386',
};

/** The platform of this machine. */
export const hostPlatform = (): Platform => ({
  os: 'linux',
  architecture: architectures[process.arch] ?? process.arch,
  variant: null,
});

/**
 * Reads `--platform`: os/arch[/variant], or an architecture alone.
 *
 * @throws TsrunError USAGE
 * @example parsePlatform('linux/arm64/v8') // { os: 'linux', architecture: 'arm64', variant: 'v8' }
 */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/');
  // An operating system alone means this machine's architecture.
  const [os, named, variant] =
    parts.length > 1 ? parts : ['linux', text === 'linux' ? hostPlatform().architecture : text];
  if (parts.length > 3 || !parts.every((part) => /^[A-Za-z0-9_.-]+$/.test(part)) || !os || !named) {
    throw new TsrunError('USAGE', `cannot use "${text}" as a platform`, {
      why: 'a platform is os/architecture or os/architecture/variant',
      hint: `for example ${showPlatform(hostPlatform())} or linux/arm64`,
    });
  }
  return { os, architecture: aliases[named] ?? named, variant: variant ?? null };
}

/** The platform of a descriptor. */
export function readPlatform(value: unknown, at: string): Platform {
  const fields = asObject(value, at);
  return {
    os: asText(fields['os'], `${at}.os`),
    architecture: asText(fields['architecture'], `${at}.architecture`),
    variant: optionalText(fields['variant'], `${at}.variant`) || null,
  };
}

export const showPlatform = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, ...(variant === null ? [] : [variant])].join('/');

/** arm64 has one variant that matters; arm without one is read as v7, the oldest that distributions still build for. */
function variantOf({ architecture, variant }: Platform): string | null {
  if (architecture === 'arm64') return variant === 'v8' || variant === null ? 'v8' : variant;
  if (architecture === 'arm') return variant ?? 'v7';
  if (architecture === 'amd64') return variant ?? 'v1';
  return variant;
}

/**
 * How well an image's platform serves the wanted one: 0 not at all, more is better. An older arm variant runs on a newer
 * machine, and so does the 32-bit sister of a 64-bit architecture, less well.
 */
export function platformFit(offered: Platform, wanted: Platform): number {
  if (offered.os !== wanted.os) return 0;
  if (offered.architecture === wanted.architecture) {
    const [have, want] = [variantOf(offered), variantOf(wanted)];
    if (have === want) return 100;
    if (wanted.architecture === 'arm64') return wanted.variant === null ? 50 : 0;
    if (wanted.architecture === 'amd64') return 0;
    const [older, newer] = [have, want].map((variant) => Number(/^v(\d+)$/.exec(variant ?? '')?.[1] ?? Number.NaN));
    if (older !== undefined && newer !== undefined && older < newer) return 60 + older;
    return wanted.variant === null ? 50 : 0;
  }
  if (wanted.variant === null && wanted.architecture === 'amd64' && offered.architecture === '386') return 10;
  return 0;
}
