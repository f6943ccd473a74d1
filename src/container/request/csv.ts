/** One line of comma-separated fields as docker's `--mount` takes it: a field in double quotes may hold commas, `""` is a quote. */
import { badValue, type OptionName } from './bad-value.ts';

/**
 * @example splitCsv('type=bind,"source=/a,b",target=/c', '--mount') // ['type=bind', 'source=/a,b', 'target=/c']
 * @throws TsrunError USAGE
 */
export function splitCsv(line: string, name: OptionName): string[] {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    let field: string;
    if (line[at] === '"') {
      const close = /^"((?:[^"]|"")*)"(?=,|$)/.exec(line.slice(at));
      if (close === null) {
        throw badValue(
          name,
          line,
          'a double quote is not closed, or something follows it',
          'quote whole fields: "source=/a,b"',
        );
      }
      field = (close[1] ?? '').replaceAll('""', '"');
      at += close[0].length;
    } else {
      const end = line.indexOf(',', at);
      field = line.slice(at, end === -1 ? line.length : end);
      if (field.includes('"')) {
        throw badValue(
          name,
          line,
          `a double quote stands inside the field ${field}`,
          'quote whole fields: "source=/a,b"',
        );
      }
      at += field.length;
    }
    fields.push(field);
    if (at >= line.length) return fields;
    at += 1;
  }
}
