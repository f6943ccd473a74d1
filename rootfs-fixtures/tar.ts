/**
 * A small ustar writer, so that test images are the same bytes everywhere: fixed times, no user names, no host order.
 *
 * POSIX.1-1988 ustar only. Names beyond its 100 bytes are refused; images that need more are in layers/.
 */
import type { Entry } from './entry.ts';

/** 2024-01-01 00:00:00 UTC: every file of every fixture. */
const mtime = 1_704_067_200;

const typeFlags = { file: '0', symlink: '2', directory: '5' } as const;

function header(entry: Entry): Buffer {
  const block = Buffer.alloc(512);
  const name = entry.type === 'directory' ? `${entry.path}/` : entry.path;
  const link = entry.type === 'symlink' ? entry.target : '';
  if (Buffer.byteLength(name) > 100 || Buffer.byteLength(link) > 100) throw new Error(`too long for ustar: ${name}`);
  const octal = (value: number, offset: number, width: number): void => {
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset, 'latin1');
  };
  block.write(name, 0);
  octal(entry.mode, 100, 8);
  octal(entry.uid, 108, 8);
  octal(entry.gid, 116, 8);
  octal(entry.type === 'file' ? entry.content.length : 0, 124, 12);
  octal(mtime, 136, 12);
  block.fill(' ', 148, 156);
  block.write(typeFlags[entry.type], 156, 'latin1');
  block.write(link, 157);
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/**
 * The archive of some entries, in their order.
 *
 * @example tarOf([directory('etc'), file('etc/hostname', 'box\n')])
 */
export function tarOf(entries: readonly Entry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const entry of entries) {
    blocks.push(header(entry));
    if (entry.type === 'file') blocks.push(entry.content, Buffer.alloc((512 - (entry.content.length % 512)) % 512));
  }
  // Two zero blocks end the archive; writers pad to 20 blocks.
  const length = blocks.reduce((total, block) => total + block.length, 0) + 1024;
  blocks.push(Buffer.alloc(1024 + ((10_240 - (length % 10_240)) % 10_240)));
  return Buffer.concat(blocks);
}
