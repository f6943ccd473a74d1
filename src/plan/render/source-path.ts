/** What a step mounts from the host, as one path. A shell has no way to keep the links in it from leading out. */
export const sourcePath = (source: string, subpath: string): string =>
  subpath === '' ? source : `${source}/${subpath}`;
