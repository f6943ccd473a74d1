/** Steps about files, names and kernel parameters of the container. */
import { type AdviceTable, seeDoctor } from './advice.ts';
import { notDirectory, targetAdvice } from './targets.ts';

export const fileAdvice: AdviceTable = {
  symlink: [...targetAdvice, notDirectory],
  directory: [
    {
      errno: 'ELOOP',
      when: ({ path }) => path.startsWith('/proc/'),
      means: 'it is a link of the kernel’s that may lead out of the container',
      hint: 'if the image asks for it, do not trust the image: CVE-2024-21626 was exploited in this way',
    },
    {
      errno: 'ENOTDIR',
      means: 'not a directory: it, or a part of its path, is a file in the image',
      hint: 'choose another path, or remove that file from the image',
    },
    ...targetAdvice,
  ],
  loopback: [
    { errno: 'EAFNOSUPPORT', means: 'the kernel has no IPv4', hint: 'use --network host' },
    { errno: 'EPERM', means: 'the network namespace is not the container’s own', hint: null },
  ],
  hostname: [
    { errno: 'EINVAL', means: 'a hostname has at most 64 bytes', hint: 'choose a shorter --hostname' },
    { errno: 'EPERM', hint: 'leave --hostname out with --uts host' },
  ],
  domainname: [{ errno: 'EINVAL', means: 'a domain name has at most 64 bytes', hint: null }],
  sysctl: [
    {
      errno: 'ENOENT',
      means: 'the kernel has no such parameter',
      hint: 'a module may have to be loaded first; sysctl -a shows what there is',
    },
    { errno: ['EINVAL', 'ERANGE'], means: 'the kernel does not accept that value', hint: 'see proc_sys(5)' },
    { errno: ['EACCES', 'EPERM'], means: 'it cannot be set from inside the container', hint: 'set it on the host' },
    { errno: 'EROFS', means: '/proc/sys is read-only here', hint: 'set it on the host' },
    { errno: 'EXDEV', means: 'its path leads out of /proc/sys', hint: null },
  ],
  console: [
    {
      errno: 'ENOSPC',
      calls: ['open ptmx'],
      means: 'all pseudo-terminals are in use',
      hint: 'this is not about the disk: raise /proc/sys/kernel/pty/max, or close some',
    },
    {
      errno: ['ENOENT', 'ENXIO', 'ENODEV'],
      calls: ['open ptmx'],
      means: 'the container has no /dev/pts',
      hint: 'leave -t out, or do not mount over /dev',
    },
    {
      errno: 'EACCES',
      calls: ['open ptmx'],
      means: 'the device rules forbid it',
      hint: 'do not take /dev/ptmx (c 5:2) out with --device-cgroup-rule',
    },
    {
      errno: ['EINVAL', 'EPERM'],
      calls: ['chown'],
      means: 'the user is not mapped in the container’s user namespace',
      hint: `choose a smaller id with --user; ${seeDoctor}`,
    },
    { errno: 'EPERM', calls: ['ioctl'], means: 'the terminal belongs to another session', hint: null },
    ...targetAdvice,
    notDirectory,
  ],
};
