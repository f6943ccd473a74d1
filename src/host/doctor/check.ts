/** One line of `tsrun doctor`. */

/** `warn`: something will not work. `fail`: containers will not run. */
export type CheckStatus = 'ok' | 'warn' | 'fail';

export interface Check {
  /** A word or two, for example `user namespaces`. */
  readonly name: string;
  readonly status: CheckStatus;
  /** What was found. */
  readonly detail: string;
  /** The command or the change that helps; null when nothing is to be done. */
  readonly fix: string | null;
}

export const ok = (name: string, detail: string): Check => ({ name, status: 'ok', detail, fix: null });
export const warn = (name: string, detail: string, fix: string | null): Check => ({
  name,
  status: 'warn',
  detail,
  fix,
});
export const fail = (name: string, detail: string, fix: string | null): Check => ({
  name,
  status: 'fail',
  detail,
  fix,
});
