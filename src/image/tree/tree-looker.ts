/** What stands in an unpacked layer or a container's writable one (native/workbench/look.h). */
import { errnoName } from '../../errors/errno.ts';
import { errnoText } from '../../errors/errno-text.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import { printable } from '../layer/tar/bytes.ts';
import { cannotRead, TreeServer } from '../layer/tree-server.ts';
import { readTreeEntry, type TreeEntry } from './tree-entry.ts';

const ONE = 0;
const ALL = 1;

export class TreeLooker {
  readonly #server: TreeServer;
  readonly #directory: string;

  private constructor(server: TreeServer, directory: string) {
    this.#server = server;
    this.#directory = directory;
  }

  /**
   * @param directory of the tree, absolute
   * @param mapping the user namespace whose ids own it; owners are told in it
   * @throws TsrunError STORE, HOST_UNSUPPORTED
   */
  static async open(directory: string, mapping: UserNamespace): Promise<TreeLooker> {
    const server = new TreeServer('look', directory, mapping);
    const errno = await server.number();
    if (errno === 0) return new TreeLooker(server, directory);
    await server.close();
    throw cannotRead(directory, errno);
  }

  /**
   * Not followed when it is a symlink, and none on the way to it is.
   *
   * @param path a byte string, '' for the root
   * @returns null: there is nothing of that name
   * @throws TsrunError STORE
   */
  async one(path: string): Promise<TreeEntry | null> {
    this.#ask(ONE, path);
    let entry: TreeEntry | null = null;
    for await (const found of this.#answers(path, ['ENOENT', 'ENOTDIR', 'ELOOP'])) entry = found;
    return entry;
  }

  /**
   * The root and everything below it, every directory before what is in it.
   * @throws TsrunError STORE
   */
  all(): AsyncGenerator<TreeEntry> {
    this.#ask(ALL, '');
    return this.#answers('', []);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.close();
  }

  #ask(kind: number, path: string): void {
    const request = Buffer.alloc(5 + path.length);
    request.writeUInt8(kind);
    request.writeUInt32LE(path.length, 1);
    request.write(path, 5, 'latin1');
    this.#server.ask(request);
  }

  async *#answers(path: string, none: readonly string[]): AsyncGenerator<TreeEntry> {
    for (;;) {
      const result = await this.#server.number();
      if (result === 0) return;
      if (result > 0) {
        const errno = errnoName(result);
        if (none.includes(errno)) return;
        throw new TsrunError('STORE', `cannot look at "/${printable(path)}" in "${this.#directory}"`, {
          why: `${errnoText(result)} (${errno})`,
        });
      }
      const length = await this.#server.number();
      yield readTreeEntry(await this.#server.exactly(length));
    }
  }
}
