/** Replies of the workbench, taken from its bytes. native/workbench/wire.h has the format; keep both in step. */

/** What the workbench was doing when it failed. */
export type FailedAt =
  | 'entry'
  | 'target'
  | 'namespace'
  | 'stream'
  | 'parent'
  | 'settle'
  | 'finish'
  | 'remove'
  | 'lower'
  | 'xattr'
  | 'owner'
  | 'measure'
  | 'image'
  | 'image-path'
  | 'copy'
  | 'move'
  // Of tsrun-init files.
  | 'view'
  | 'source'
  | 'of-kernel'
  | 'destination'
  | 'read'
  | 'output'
  | 'over-directory'
  | 'over-file';

export type Reply =
  | { readonly type: 'done'; readonly skippedDevices: number; readonly skippedXattrs: number }
  | {
      readonly type: 'failure';
      readonly at: FailedAt;
      readonly errno: number /** Byte string. */;
      readonly path: string;
    }
  | { readonly type: 'want-lower' }
  | { readonly type: 'part-free'; readonly part: number }
  | { readonly type: 'replaced'; readonly file: number; readonly offset: number; readonly bytes: Buffer }
  | { readonly type: 'moved'; readonly file: number /** Byte string. */; readonly path: string }
  | ({ readonly type: 'destination' } & Standing);

/** What stands where a copy goes; `name` is a byte string, in the directory that holds it. */
export type Standing =
  | { readonly standing: 'directory' }
  | { readonly standing: 'other' | 'missing'; readonly name: string };

const stages: Readonly<Record<number, FailedAt>> = {
  32: 'target',
  33: 'namespace',
  34: 'stream',
  35: 'parent',
  36: 'settle',
  37: 'finish',
  38: 'remove',
  39: 'lower',
  40: 'xattr',
  41: 'owner',
  42: 'measure',
  43: 'image',
  44: 'image-path',
  45: 'copy',
  46: 'move',
  60: 'view',
  61: 'source',
  62: 'of-kernel',
  63: 'destination',
  64: 'read',
  65: 'output',
  66: 'over-directory',
  67: 'over-file',
};

function readReply(body: Buffer): Reply {
  switch (body[0]) {
    case 1:
      return {
        type: 'done',
        skippedDevices: Number(body.readBigUInt64LE(1)),
        skippedXattrs: Number(body.readBigUInt64LE(9)),
      };
    case 2: {
      const at = stages[body[1] ?? 0] ?? 'entry';
      return { type: 'failure', at, errno: body.readInt32LE(2), path: body.toString('latin1', 6) };
    }
    case 3:
      return { type: 'want-lower' };
    case 4:
      return { type: 'part-free', part: body.readUInt32LE(1) };
    case 5: {
      const name = body.toString('latin1', 2);
      if (body[1] === 1) return { type: 'destination', standing: 'directory' };
      return { type: 'destination', standing: body[1] === 2 ? 'other' : 'missing', name };
    }
    case 6:
      return {
        type: 'replaced',
        file: body.readUInt32LE(1),
        offset: Number(body.readBigUInt64LE(5)),
        bytes: body.subarray(13),
      };
    case 7:
      return { type: 'moved', file: body.readUInt32LE(1), path: body.toString('latin1', 5) };
    default:
      throw new Error(`the workbench sent a reply of the unknown kind ${body[0]}`);
  }
}

/** Cuts the byte stream into replies. */
export class ReplyReader {
  #bytes = Buffer.alloc(0);

  push(chunk: Buffer): Reply[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const replies: Reply[] = [];
    while (this.#bytes.length >= 4) {
      const length = this.#bytes.readUInt32LE(0);
      if (this.#bytes.length < 4 + length) break;
      replies.push(readReply(this.#bytes.subarray(4, 4 + length)));
      this.#bytes = this.#bytes.subarray(4 + length);
    }
    return replies;
  }
}
