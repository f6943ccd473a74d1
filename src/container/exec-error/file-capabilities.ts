/** Programs with file capabilities that the container may not have: capabilities(7), "Safety checking for capability-dumb binaries". */
import { capabilityName } from '../../oci/capabilities.ts';
import type { Executor } from './executor.ts';
import type { Fault } from './fault.ts';
import type { FileStat } from './root-files.ts';

/** VFS_CAP_FLAGS_EFFECTIVE of capability.h: the program counts on having them. */
const effectiveFlag = 1;

/** @param file the file's name, quoted */
export function capabilityFault(file: string, stat: FileStat, who: Executor): Fault | null {
  const wanted = stat.capabilities === null ? 0n : demanded(stat.capabilities);
  const lacking = [...bits(wanted & ~who.bounding)].map(capabilityName);
  if (lacking.length === 0) return null;
  return {
    errno: 'EPERM',
    why: `${file} has the file capabilities ${lacking.join(', ')}, which the container does not have`,
    hint: `add ${lacking.map((name) => `--cap-add ${name.replace('CAP_', '')}`).join(' ')}, or remove them in the image: setcap -r`,
    present: true,
  };
}

/** struct vfs_cap_data: magic and flags, then permitted and inheritable words, all little endian. */
function demanded(attribute: Uint8Array): bigint {
  const view = new DataView(attribute.buffer, attribute.byteOffset, attribute.byteLength);
  if (view.byteLength < 20 || (view.getUint32(0, true) & effectiveFlag) === 0) return 0n;
  return BigInt(view.getUint32(4, true)) | (BigInt(view.getUint32(12, true)) << 32n);
}

function* bits(mask: bigint): Generator<number> {
  for (let bit = 0; bit < 64; bit += 1) if ((mask >> BigInt(bit)) & 1n) yield bit;
}
