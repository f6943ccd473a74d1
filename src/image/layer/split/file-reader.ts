/** What files of a layer hold (native/workbench/read.h). */
import { errnoName } from '../../../errors/errno.ts';
import type { UserNamespace } from '../../../plan/host-facts.ts';
import { cannotRead, TreeServer } from '../tree-server.ts';
import type { SplitFile } from './items.ts';

/** How reading one file ended; null: well. */
export type ReadFault = 'other-size' | 'missing' | 'no-file' | { readonly errno: string };

export class FileReader {
  readonly #server: TreeServer;

  private constructor(server: TreeServer) {
    this.#server = server;
  }

  /**
   * @param directory of the layer, absolute
   * @param mapping the user namespace whose ids own it
   * @throws TsrunError STORE, HOST_UNSUPPORTED
   */
  static async open(directory: string, mapping: UserNamespace): Promise<FileReader> {
    // Root may read what belongs to a container's ids as it is.
    const server = new TreeServer('read', directory, process.geteuid?.() === 0 ? { type: 'host' } : mapping);
    await server.number();
    const errno = await server.number();
    if (errno === 0) return new FileReader(server);
    await server.close();
    throw cannotRead(directory, errno);
  }

  /** Asks for the data of a file; they are taken in the same order. */
  ask({ path, size, extents }: Pick<SplitFile, 'path' | 'size' | 'extents'>): void {
    const request = Buffer.alloc(16 + path.length + 16 * extents.length);
    let at = request.writeUInt32LE(path.length);
    at += request.write(path, at, 'latin1');
    at = request.writeBigUInt64LE(BigInt(size), at);
    at = request.writeUInt32LE(extents.length, at);
    for (const { offset, length } of extents) {
      at = request.writeBigUInt64LE(BigInt(offset), at);
      at = request.writeBigUInt64LE(BigInt(length), at);
    }
    this.#server.ask(request);
  }

  /** The data of the file that was asked for longest ago. A chunk may be kept. */
  async *take(): AsyncGenerator<Buffer, ReadFault | null> {
    for (;;) {
      const length = await this.#server.number();
      if (length === 0) return faultOf(await this.#server.number());
      for (let left = length; left > 0; ) {
        const piece = await this.#server.some(left);
        left -= piece.length;
        yield piece;
      }
    }
  }

  /** Ends the process, whether all was taken or not. */
  close(): Promise<void> {
    return this.#server.close();
  }
}

function faultOf(result: number): ReadFault | null {
  if (result === 0) return null;
  if (result === -1) return 'other-size';
  const errno = errnoName(result);
  if (errno === 'ENOENT' || errno === 'ENOTDIR') return 'missing';
  return errno === 'EISDIR' || errno === 'ELOOP' || errno === 'ENXIO' ? 'no-file' : { errno };
}
