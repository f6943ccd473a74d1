/** Which of several images of one name runs on a platform. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { hostPlatform, type Platform, platformFit, showPlatform } from '../platform.ts';

/**
 * The best fitting ones; more than one only when they are for the same platform.
 *
 * @param wanted null: what this machine runs
 * @throws TsrunError IMAGE_PLATFORM
 */
export function choosePlatform<T extends { readonly platform: Platform }>(
  offered: readonly T[],
  wanted: Platform | null,
  name: string,
): readonly T[] {
  const target = wanted ?? hostPlatform();
  const fitOf = ({ platform }: T): number => (platform.architecture === '' ? 1 : platformFit(platform, target));
  const best = Math.max(0, ...offered.map(fitOf));
  if (best > 0) return offered.filter((one) => fitOf(one) === best);
  const there = [...new Set(offered.map(({ platform }) => showPlatform(platform)))];
  throw new TsrunError('IMAGE_PLATFORM', `cannot use "${name}" for ${showPlatform(target)}`, {
    why: `it is for ${there.join(', ')}${wanted === null ? `; this machine is ${showPlatform(target)}` : ''}`,
    hint: wanted === null ? allTheSame(offered, target) : 'leave out --platform, or give one of those',
  });
}

/** What there is to do with an image that is for other machines. */
function allTheSame(offered: readonly { readonly platform: Platform }[], target: Platform): string {
  const other = offered.find(({ platform }) => platform.os === target.os)?.platform;
  if (other === undefined) return 'look for one that is made for Linux';
  const needs =
    other.architecture === target.architecture ? 'a processor of that kind' : 'an emulator (qemu-user, binfmt_misc)';
  return `"--platform ${showPlatform(other)}" uses it all the same, which needs ${needs}`;
}
