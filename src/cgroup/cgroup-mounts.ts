/** The control group mounts of /proc/PID/mountinfo, proc_pid_mountinfo(5). */

export interface CgroupMounts {
  /** The cgroup v2 hierarchy. */
  readonly v2: { readonly path: string; readonly root: string; readonly readonly: boolean } | null;
  /** By controller: where its cgroup v1 hierarchy is mounted. */
  readonly v1: Readonly<Record<string, string>>;
}

/** Super options of a v1 mount that are not controllers. */
const notControllers = /^(rw|ro|xattr|clone_children|cpuset_v2_mode|noprefix|name=.*|release_agent=.*)$/;

/** Finds both; of several v2 mounts the shortest path counts, which is the one at the usual place. */
export function parseCgroupMounts(mountinfo: string): CgroupMounts {
  let v2: CgroupMounts['v2'] = null;
  const v1: Record<string, string> = {};
  for (const line of mountinfo.split('\n')) {
    if (!line.includes(' - cgroup')) continue;
    const [before = '', after = ''] = line.split(' - ', 2);
    const [, , , root = '/', escaped = '', options = ''] = before.split(' ');
    const [type, , superOptions = ''] = after.split(' ');
    const path = unescapePath(escaped);
    if (type === 'cgroup2') {
      const readonly = options.split(',').includes('ro') || superOptions.split(',').includes('ro');
      if (v2 === null || path.length < v2.path.length) v2 = { path, root: unescapePath(root), readonly };
    } else if (type === 'cgroup') {
      for (const option of superOptions.split(',')) {
        // v1 says cpu, v2 says cpu too; the io controller was called blkio.
        if (!notControllers.test(option)) v1[option === 'blkio' ? 'io' : option] ??= path;
      }
    }
  }
  return { v2, v1 };
}

/** Blanks and backslashes are written in octal. */
const unescapePath = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
