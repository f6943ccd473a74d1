/** A growing little-endian buffer. Every method returns the writer, so that fields read as one line. */
export class ByteWriter {
  private buffer = Buffer.allocUnsafe(16 * 1024);
  private at = 0;

  private reserve(size: number): number {
    const start = this.at;
    if (start + size > this.buffer.length) {
      const bigger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, start + size));
      this.buffer.copy(bigger, 0, 0, start);
      this.buffer = bigger;
    }
    this.at = start + size;
    return start;
  }

  u8(value: number): this {
    const at = this.reserve(1);
    this.buffer.writeUInt8(value, at);
    return this;
  }
  flag(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }
  u16(value: number): this {
    const at = this.reserve(2);
    this.buffer.writeUInt16LE(value, at);
    return this;
  }
  u32(value: number): this {
    const at = this.reserve(4);
    this.buffer.writeUInt32LE(value >>> 0, at);
    return this;
  }
  i32(value: number): this {
    const at = this.reserve(4);
    this.buffer.writeInt32LE(value, at);
    return this;
  }
  u64(value: bigint): this {
    const at = this.reserve(8);
    this.buffer.writeBigUInt64LE(value, at);
    return this;
  }
  i64(value: bigint): this {
    const at = this.reserve(8);
    this.buffer.writeBigInt64LE(value, at);
    return this;
  }
  blob(value: Uint8Array): this {
    return this.u32(value.length).raw(value);
  }
  /** The bytes alone, without their length. */
  raw(value: Uint8Array): this {
    const at = this.reserve(value.length);
    this.buffer.set(value, at);
    return this;
  }
  /** @throws RangeError when the text has a NUL inside. */
  string(value: string): this {
    if (value.includes('\0')) throw new RangeError(`a string of the plan has a NUL inside: ${JSON.stringify(value)}`);
    const size = Buffer.byteLength(value) + 1;
    this.u32(size);
    const at = this.reserve(size);
    this.buffer.write(value, at);
    this.buffer[at + size - 1] = 0;
    return this;
  }
  list<T>(items: readonly T[], write: (item: T) => void): this {
    this.u32(items.length);
    for (const item of items) write(item);
    return this;
  }
  strings(items: readonly string[]): this {
    return this.list(items, (item) => this.string(item));
  }
  /** What was written so far. */
  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.at);
  }
}
