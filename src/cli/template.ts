/** `--format '{{.Field}}'`: Go's templates, as docker has them. */
import { evaluate } from './template/evaluate.ts';
import { parse } from './template/parse.ts';

/** Renders one record. */
export type Template = (record: Readonly<Record<string, unknown>>) => string;

/**
 * Everything of Go's text/template but templates with names, with docker's functions (`json`, `join`, ...); `\t` and `\n`
 * outside of braces are a tab and a line break.
 *
 * A function in a record is called, as docker's `{{.Label "name"}}` is.
 *
 * @example compileTemplate('{{.ID}}\\t{{range .Names}}{{.}} {{end}}')({ ID: 'x', Names: ['a', 'b'] }) // 'x\ta b '
 * @throws TsrunError USAGE for a text that is no template, and, of the template, for what the record has not
 */
export function compileTemplate(text: string): Template {
  const nodes = parse(text);
  return (record) => evaluate(nodes, text, record, 'values');
}

/** The same for the headings above a column of such texts: `{{upper .ID}}` leaves one as it is. */
export function compileHeading(text: string): Template {
  const nodes = parse(text);
  return (record) => evaluate(nodes, text, record, 'headings');
}
