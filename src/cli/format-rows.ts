/** `--format` of a command that lists: docker's `table`, `table TEMPLATE`, `json` or TEMPLATE. */
import { formatTable } from './table.ts';
import { compileHeading, compileTemplate } from './template.ts';

type Row = Readonly<Record<string, unknown>>;

/** What a table has above its columns, and which ones when none are named. */
export interface TableShape {
  /** By field; functions for what takes arguments. */
  readonly headings: Row;
  /** A template with a tab between columns. */
  readonly columns: string;
}

/**
 * One line for each row; '' for none of them, except in a table, which has its headings.
 *
 * @throws TsrunError USAGE for a template that is none, or asks for what no row has
 */
export function formatRows(
  rows: readonly Row[],
  format: string | undefined,
  { headings, columns }: TableShape,
): string {
  if (format === 'json') return rows.map((row) => JSON.stringify(row)).join('\n');
  const [isTable, template] = /^table(?:\s+(\S.*))?$/s.exec(format || 'table') ?? [null];
  if (isTable === null) return rows.map(compileTemplate(format ?? '')).join('\n');
  // Columns of ours are fields: nothing to be worked out, which counts for hundreds of rows.
  const fields = template === undefined ? plainFields(columns) : null;
  if (fields !== null) {
    const heads = fields.map((field) => String(headings[field]));
    return formatTable(
      heads,
      rows.map((row) => fields.map((field) => String(row[field]))),
    );
  }
  const text = (template ?? columns).replaceAll('\\t', '\t');
  const values = rows.map(compileTemplate(text));
  const lines = [headingOf(text, headings, rows.length), ...values].map((line) => line.split('\t'));
  return formatTable(lines[0] ?? [], lines.slice(1));
}

/** Of `{{.Field}}`, with tabs between them; null: it is more than that. */
function plainFields(columns: string): readonly string[] | null {
  const fields = columns.split('\t').map((column) => /^\{\{\.(\w+)\}\}$/.exec(column)?.[1]);
  return fields.every((field) => field !== undefined) ? fields : null;
}

/** What can be done to every value but not to its heading, such as taking a slice, leaves the headings out, as with docker. */
function headingOf(text: string, headings: Row, rows: number): string {
  try {
    return compileHeading(text)(headings);
  } catch (error) {
    if (rows === 0) throw error;
    return '';
  }
}
