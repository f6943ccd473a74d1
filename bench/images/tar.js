// Writing tar files piece by piece: POSIX.1-1988 ustar, fixed times, so that a generated image is the same bytes everywhere.
import { closeSync, openSync, writeSync } from 'node:fs';

const mtime = 1_704_067_200;
const types = { file: '0', symlink: '2', directory: '5' };

/**
 * @typedef {object} Entry
 * @property {keyof typeof types} type
 * @property {string} path
 * @property {number} [mode]
 * @property {string} [target] of a symbolic link
 */

/**
 * @param {Entry} entry
 * @param {number} size of a file
 */
function header(entry, size) {
  const block = Buffer.alloc(512);
  const octal = (/** @type {number} */ value, /** @type {number} */ at, /** @type {number} */ width) =>
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
  const name = entry.type === 'directory' ? `${entry.path}/` : entry.path;
  if (name.length > 100) throw new Error(`too long for ustar: ${name}`);
  block.write(name);
  octal(entry.mode ?? (entry.type === 'file' ? 0o644 : 0o755), 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(mtime, 136, 12);
  block.fill(' ', 148, 156);
  block.write(types[entry.type], 156, 'latin1');
  block.write(entry.target ?? '', 157);
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

export class TarFile {
  #fd;
  /** @type {(bytes: Uint8Array) => void} */
  #listener;

  /**
   * @param {string} path
   * @param {(bytes: Uint8Array) => void} [listener] sees everything that is written
   */
  constructor(path, listener = () => {}) {
    this.#fd = openSync(path, 'w');
    this.#listener = listener;
  }

  /**
   * @param {Entry} entry
   * @param {readonly Uint8Array[]} [content] of a file
   */
  add(entry, content = []) {
    const size = content.reduce((total, piece) => total + piece.length, 0);
    this.#write(header(entry, size));
    for (const piece of content) this.#write(piece);
    this.#write(Buffer.alloc((512 - (size % 512)) % 512));
  }

  end() {
    this.#write(Buffer.alloc(1024));
    closeSync(this.#fd);
  }

  /** @param {Uint8Array} bytes */
  #write(bytes) {
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done);
    this.#listener(bytes);
  }
}
