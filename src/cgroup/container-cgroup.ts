/** The control group of a container as its state remembers it. */
export interface ContainerCgroup {
  /** Absolute directory of the group that PID 1 was born in. */
  readonly path: string;
  /** systemd's unit around it; null: the group was made by hand, in cgroupfs. */
  readonly scope: ScopeUnit | null;
}

export interface ScopeUnit {
  readonly bus: 'system' | 'user';
  /** For example `libpod-c7f.scope`. */
  readonly unit: string;
}
