/** Reads the files of one control group; every controller may be missing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The largest 64-bit number: how runc writes "no limit". */
export const unlimited = 0xffff_ffff_ffff_ffffn;

export class GroupFiles {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** null: the controller is not enabled here, or the kernel lacks the file. */
  text(name: string): string | null {
    try {
      return readFileSync(join(this.#path, name), 'latin1');
    } catch (cause) {
      const { code = '' } = cause as NodeJS.ErrnoException;
      // EOPNOTSUPP: pressure stall information is off.
      if (['ENOENT', 'ENODEV', 'ENOTSUP', 'EOPNOTSUPP'].includes(code)) return null;
      throw cause;
    }
  }

  /** A file of one number or `max`; 0 where it is missing. */
  number(name: string): bigint {
    const text = this.text(name)?.trim() ?? '0';
    return text === 'max' ? unlimited : BigInt(/^\d+$/.test(text) ? text : 0);
  }

  /** A file of lines like `user_usec 17`; empty where it is missing. */
  table(name: string): ReadonlyMap<string, bigint> {
    const rows = (this.text(name) ?? '').split('\n').map((line) => line.split(' '));
    return new Map(rows.flatMap(([key = '', value = '']) => (/^\d+$/.test(value) ? [[key, BigInt(value)]] : [])));
  }
}
