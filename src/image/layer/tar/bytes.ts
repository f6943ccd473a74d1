/** Byte strings: names in a layer are any bytes, held as strings with one character (0-255) per byte. */

/** For messages: UTF-8 where it is UTF-8, everything that could disturb a terminal escaped. */
export function printable(bytes: string): string {
  const raw = Buffer.from(bytes, 'latin1');
  const text = raw.toString('utf8');
  const shown = text.includes('\ufffd') ? bytes : text;
  const short = shown.length > 200 ? `${shown.slice(0, 200)}...` : shown;
  return short.replace(
    /[\p{C}\p{Zl}\p{Zp}"\\]/gu,
    (c) => `\\x${(c.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`,
  );
}

/** The bytes of a fixed-width field up to its first NUL. */
export function textField(block: Buffer, start: number, length: number): string {
  const nul = block.indexOf(0, start);
  const end = nul === -1 || nul > start + length ? start + length : nul;
  return block.toString('latin1', start, end);
}
