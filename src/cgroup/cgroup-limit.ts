/** One file of a control group and what goes into it. */
export interface CgroupLimit {
  readonly file: string;
  readonly value: string;
  /** What reading gives afterwards, one line of it; '': not known beforehand. */
  readonly expect: string;
  /** true: some kernels lack the file and nothing is lost by that. */
  readonly optional: boolean;
}
