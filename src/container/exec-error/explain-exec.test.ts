import { describe, expect, test } from 'vitest';
import { directory, elf, file, imageTree, link, type TreeEntry } from '../../../test/support/image-tree.ts';
import type { TsrunError } from '../../errors/tsrun-error.ts';
import { candidatesFor } from '../../plan/exec.ts';
import type { Executor } from './executor.ts';
import { explainExec } from './explain-exec.ts';
import { findFault } from './find-fault.ts';

const root: Executor = { uid: 0, gid: 0, groups: [], effective: 0b111n, bounding: 0x3fn };
const user: Executor = { uid: 1000, gid: 1000, groups: [20], effective: 0n, bounding: 0x3fn };
const usualPath = '/usr/local/bin:/usr/bin:/bin';
const shell = { '/bin/sh': elf() };

interface Case {
  readonly tree: Readonly<Record<string, TreeEntry>>;
  readonly command: string | readonly string[];
  readonly errno: string;
  readonly who?: Executor;
  readonly path?: string;
  readonly cwd?: string;
  readonly env?: readonly string[];
  readonly candidate?: number;
  readonly machine?: 'x64' | 'arm64';
}

function explain(given: Case): TsrunError {
  const argv = [given.command].flat();
  const env = [`PATH=${given.path ?? usualPath}`, ...(given.env ?? [])];
  return explainExec(
    {
      argv,
      env,
      candidates: candidatesFor(argv[0] ?? '', env),
      errno: given.errno,
      candidate: given.candidate ?? null,
    },
    {
      files: imageTree(given.tree),
      who: given.who ?? root,
      machine: given.machine ?? 'x64',
      cwd: given.cwd ?? '/',
      path: given.path ?? usualPath,
    },
  );
}

/** Every explanation there is; the golden file shows how each reads. */
const cases: Readonly<Record<string, Case>> = {
  'not in PATH, a near name': { tree: { ...shell, '/bin/sleep': elf() }, command: 'slep', errno: 'ENOENT' },
  'not in PATH, several near names': {
    tree: { '/bin/ping4': elf(), '/usr/bin/ping6': elf(), '/bin/pink': file('', 0o644) },
    command: 'ping',
    errno: 'ENOENT',
  },
  'not in PATH, nothing near': { tree: shell, command: 'postgres', errno: 'ENOENT' },
  'not in PATH, which lacks a directory': {
    tree: shell,
    command: 'server',
    errno: 'ENOENT',
    path: '/opt/app/bin:/bin',
  },
  'not in PATH, none of which is there': { tree: { '/app': elf() }, command: 'sleep', errno: 'ENOENT' },
  'in another directory than those of PATH': {
    tree: { '/usr/sbin/nginx': elf(), ...shell },
    command: 'nginx',
    errno: 'ENOENT',
  },
  'in the working directory': {
    tree: { '/app/server': elf(), ...shell },
    command: 'server',
    errno: 'ENOENT',
    cwd: '/app',
  },
  'a whole command line as one name': { tree: shell, command: 'echo hello', errno: 'ENOENT' },
  'an option where the command should be': { tree: shell, command: '-it', errno: 'ENOENT' },
  'another shell': { tree: shell, command: 'bash', errno: 'ENOENT' },
  'no shell at all': { tree: { '/bin/server': elf() }, command: 'sh', errno: 'ENOENT' },
  'a path that is not there': { tree: { '/app/server': elf() }, command: '/app/serve', errno: 'ENOENT' },
  'a relative path': { tree: { '/app/server': elf() }, command: './serve', errno: 'ENOENT', cwd: '/app' },
  'a file used as a directory': { tree: { '/app/server': elf() }, command: '/app/server/x', errno: 'ENOENT' },
  'a slash behind a file': { tree: { '/app/server': elf() }, command: '/app/server/', errno: 'ENOENT' },
  'a dangling link': { tree: { '/bin/python': link('/etc/alternatives/python') }, command: 'python', errno: 'ENOENT' },
  'links in a circle': { tree: { '/bin/a': link('b'), '/bin/b': link('a') }, command: '/bin/a', errno: 'ELOOP' },

  'a glibc program in a musl image': {
    tree: { '/app/server': elf({ loader: '/lib64/ld-linux-x86-64.so.2' }), '/lib/ld-musl-x86_64.so.1': elf() },
    command: '/app/server',
    errno: 'ENOENT',
  },
  'a musl program in a glibc image': {
    tree: { '/bin/server': elf({ loader: '/lib/ld-musl-x86_64.so.1' }), '/lib64/ld-linux-x86-64.so.2': elf() },
    command: 'server',
    errno: 'ENOENT',
  },
  'a dynamic program in an image without C library': {
    tree: { '/server': elf({ loader: '/lib64/ld-linux-x86-64.so.2' }) },
    command: '/server',
    errno: 'ENOENT',
  },
  'a 32-bit program whose loader is missing': {
    tree: {
      '/server': elf({ machine: 3, bits: 32, loader: '/lib/ld-linux.so.2' }),
      '/lib64/ld-linux-x86-64.so.2': elf(),
    },
    command: '/server',
    errno: 'ENOENT',
  },
  'a program built by Nix': {
    tree: { '/server': elf({ loader: '/nix/store/x-glibc-2.40/lib/ld-linux-x86-64.so.2' }) },
    command: '/server',
    errno: 'ENOENT',
  },
  'a loader that is a dangling link': {
    tree: { '/server': elf({ loader: '/lib/ld-linux.so.2' }), '/lib/ld-linux.so.2': link('gone.so') },
    command: '/server',
    errno: 'ENOENT',
  },
  'a loader without execute permission': {
    tree: { '/server': elf({ loader: '/lib/ld.so' }), '/lib/ld.so': { ...elf(), mode: 0o644 } },
    command: '/server',
    errno: 'EACCES',
  },
  'a loader for another machine': {
    tree: { '/server': elf({ loader: '/lib/ld.so' }), '/lib/ld.so': elf({ machine: 183 }) },
    command: '/server',
    errno: 'ELIBBAD',
  },

  'a script with Windows line ends': {
    tree: { ...shell, '/run.sh': file('#!/bin/sh\r\necho\r\n') },
    command: '/run.sh',
    errno: 'ENOENT',
  },
  'a script for a shell that is missing': {
    tree: { ...shell, '/run.sh': file('#!/bin/bash\n') },
    command: '/run.sh',
    errno: 'ENOENT',
  },
  'a script whose interpreter is elsewhere': {
    tree: { '/usr/local/bin/python3': elf(), '/run.py': file('#!/usr/bin/python3\n') },
    command: '/run.py',
    errno: 'ENOENT',
  },
  'a script whose interpreter is missing': {
    tree: { '/run.py': file('#!/usr/bin/python3\n') },
    command: '/run.py',
    errno: 'ENOENT',
  },
  'a script whose interpreter may not be executed': {
    tree: { '/bin/sh': { ...elf(), mode: 0o644 }, '/run.sh': file('#!/bin/sh\n') },
    command: '/run.sh',
    errno: 'EACCES',
  },
  'a script whose interpreter lacks its loader': {
    tree: { '/bin/sh': elf({ loader: '/lib/ld-musl-x86_64.so.1' }), '/run.sh': file('#!/bin/sh\n') },
    command: '/run.sh',
    errno: 'ENOENT',
  },
  'a script that is its own interpreter': {
    tree: { '/run.sh': file('#!/run.sh\n') },
    command: '/run.sh',
    errno: 'ELOOP',
  },
  'a first line without end': {
    tree: { '/run.sh': file(`#!/${'a'.repeat(300)}\n`) },
    command: '/run.sh',
    errno: 'ENOEXEC',
  },
  'a first line without interpreter': { tree: { '/run.sh': file('#!\n') }, command: '/run.sh', errno: 'ENOEXEC' },
  'a script without first line': { tree: { '/run.sh': file('echo hello\n') }, command: '/run.sh', errno: 'ENOEXEC' },
  'a byte order mark': { tree: { '/run.sh': file('\xef\xbb\xbf#!/bin/sh\n') }, command: '/run.sh', errno: 'ENOEXEC' },
  'a text in UTF-16': { tree: { '/run.sh': file('\xff\xfe#\0!\0') }, command: '/run.sh', errno: 'ENOEXEC' },

  'another architecture': { tree: { '/server': elf({ machine: 183 }) }, command: '/server', errno: 'ENOEXEC' },
  'another architecture, the other way round': {
    tree: { '/server': elf({ machine: 62 }) },
    command: '/server',
    errno: 'ENOEXEC',
    machine: 'arm64',
  },
  'another byte order': {
    tree: { '/server': elf({ machine: 8, bits: 32, endian: 'big' }) },
    command: '/server',
    errno: 'ENOEXEC',
  },
  'a 32-bit program on a kernel without them': {
    tree: { '/server': elf({ machine: 3, bits: 32 }) },
    command: '/server',
    errno: 'ENOEXEC',
  },
  'an object file': { tree: { '/main.o': elf({ type: 1 }) }, command: '/main.o', errno: 'ENOEXEC' },
  'a cut-off program': { tree: { '/server': file('\x7fELF\x02\x01\x01') }, command: '/server', errno: 'ENOEXEC' },
  'an empty file': { tree: { '/server': file('') }, command: '/server', errno: 'ENOEXEC' },
  'a program for macOS': {
    tree: { '/server': file('\xcf\xfa\xed\xfe\x07\0\0\x01') },
    command: '/server',
    errno: 'ENOEXEC',
  },
  'a universal program for macOS': {
    tree: { '/server': file('\xca\xfe\xba\xbe\0\0\0\x02') },
    command: '/server',
    errno: 'ENOEXEC',
  },
  'a program for Windows': { tree: { '/server.exe': file('MZ\x90\0') }, command: '/server.exe', errno: 'ENOEXEC' },
  'a Java class': {
    tree: { '/Main.class': file('\xca\xfe\xba\xbe\0\0\0\x41') },
    command: '/Main.class',
    errno: 'ENOEXEC',
  },
  'a jar': { tree: { '/app.jar': file('PK\x03\x04') }, command: '/app.jar', errno: 'ENOEXEC' },
  WebAssembly: { tree: { '/app.wasm': file('\0asm') }, command: '/app.wasm', errno: 'ENOEXEC' },
  'a compressed file': { tree: { '/app.gz': file('\x1f\x8b\x08') }, command: '/app.gz', errno: 'ENOEXEC' },
  'something else': { tree: { '/blob': file('\x01\x02\x03') }, command: '/blob', errno: 'ENOEXEC' },

  'no execute permission at all': {
    tree: { '/run.sh': file('#!/bin/sh\n', 0o644) },
    command: '/run.sh',
    errno: 'EACCES',
  },
  'no execute permission for this user': {
    tree: { '/server': { ...elf(), mode: 0o700 } },
    command: '/server',
    errno: 'EACCES',
    who: user,
  },
  'an owner whom the user namespace does not map': {
    tree: { '/server': { ...elf(), mode: 0o700, uid: null, gid: null } },
    command: '/server',
    errno: 'EACCES',
  },
  'a directory': { tree: { '/app': directory() }, command: '/app', errno: 'EACCES' },
  'a pipe': { tree: { '/run/fifo': { type: 'pipe', mode: 0o755 } }, command: '/run/fifo', errno: 'EACCES' },
  'a mount with noexec': {
    tree: { '/tmp/server': { ...elf(), noexec: true } },
    command: '/tmp/server',
    errno: 'EACCES',
  },
  'a directory that the user may not enter': {
    tree: { '/root': directory(0o700), '/root/server': elf() },
    command: '/root/server',
    errno: 'EACCES',
    who: user,
  },
  'two files of that name, neither good': {
    tree: { '/usr/bin/server': file('#!/bin/sh\n', 0o644), '/bin/server': elf({ loader: '/lib/ld-musl-x86_64.so.1' }) },
    command: 'server',
    errno: 'EACCES',
  },
  'a refusal that no file explains': { tree: { '/server': elf() }, command: '/server', errno: 'EACCES' },
  'file capabilities that the container lacks': {
    // CAP_SYS_ADMIN (bit 21), effective.
    tree: { '/ping': { ...elf(), capabilities: Buffer.from(`01000002${'00002000'}${'00'.repeat(12)}`, 'hex') } },
    command: '/ping',
    errno: 'EPERM',
  },
  'execve forbidden': { tree: { '/server': elf() }, command: '/server', errno: 'EPERM' },
  'a file open for writing': { tree: { '/server': elf() }, command: '/server', errno: 'ETXTBSY', candidate: 0 },
  'no memory': { tree: { '/server': elf() }, command: '/server', errno: 'ENOMEM', candidate: 0 },
  'too many processes': { tree: { '/server': elf() }, command: '/server', errno: 'EAGAIN', candidate: 0 },
  'an argument that is too long': {
    tree: shell,
    command: ['/bin/sh', '-c', 'x'.repeat(140_000)],
    errno: 'E2BIG',
    candidate: 0,
  },
  'a variable that is too long': {
    tree: shell,
    command: '/bin/sh',
    errno: 'E2BIG',
    env: [`JSON=${'x'.repeat(140_000)}`],
  },
  'arguments that are too many': {
    tree: shell,
    command: ['/bin/sh', ...Array.from({ length: 30 }, () => 'x'.repeat(100_000))],
    errno: 'E2BIG',
  },
};

const render = ({ code, message, why, hint }: TsrunError): string =>
  [
    `${message}   [${code === 'COMMAND_NOT_FOUND' ? 127 : 126}]`,
    `  ${why}`,
    ...(hint === null ? [] : [`  hint: ${hint}`]),
  ].join('\n');

test('every explanation reads as in the golden file', async () => {
  const all = Object.entries(cases).map(([name, given]) => `# ${name}\n${render(explain(given))}\n`);
  await expect(all.join('\n')).toMatchFileSnapshot('./explain-exec.golden.txt');
});

describe('what programs match on', () => {
  test('a name that PATH does not have is reported in the words of docker, as 127', () => {
    const error = explain({ tree: shell, command: 'nope', errno: 'ENOENT' });
    expect(error.message).toContain('executable file not found in $PATH');
    expect(error.code).toBe('COMMAND_NOT_FOUND');
  });
  test.each(['EACCES', 'ENOEXEC', 'EPERM', 'ELOOP'])('%s is 126', (errno) => {
    expect(explain({ tree: shell, command: '/bin/sh', errno }).code).toBe('COMMAND_NOT_EXECUTABLE');
  });
});

describe('what is not claimed', () => {
  test('a fault that gives another errno is not named', () => {
    const error = explain({ tree: { '/x': file('', 0o644) }, command: '/x', errno: 'ENOMEM', candidate: 0 });
    expect(error.why).not.toContain('execute permission');
  });
  test('a file that we may not look at is not called missing', () => {
    const error = explain({ tree: { '/x': { hidden: 'EACCES' } }, command: '/x', errno: 'ENOENT' });
    expect(error.why).toBe('execve failed: ENOENT (no such file or directory)');
  });
  test('names without execute permission are not suggested', () => {
    const error = explain({ tree: { '/bin/slep': file('', 0o644) }, command: 'sleep', errno: 'ENOENT' });
    expect(error.hint).not.toContain('did you mean');
  });
  test('a good program has no fault', () => {
    const files = imageTree({
      '/bin/sh': link('/usr/bin/busybox'),
      '/usr/bin/busybox': elf({ loader: '/lib/ld-musl-x86_64.so.1' }),
      '/lib/ld-musl-x86_64.so.1': elf({ type: 3 }),
      '/run.sh': file('#! /bin/sh -e\n'),
    });
    expect(findFault({ files, who: user, machine: 'x64', cwd: '/', path: usualPath }, '/run.sh')).toBeNull();
  });
});

test('a huge directory costs no more than a part of it', () => {
  let listed = 0;
  const files = imageTree(shell);
  const counting = {
    ...files,
    list: (path: string, max: number) => {
      listed = Math.max(listed, max);
      return files.list(path, max);
    },
  };
  const path = usualPath;
  explainExec(
    { argv: ['nope'], env: [], candidates: ['/bin/nope'], errno: 'ENOENT', candidate: null },
    { files: counting, who: root, machine: 'x64', cwd: '/', path },
  );
  expect(listed).toBeGreaterThan(0);
  expect(listed).toBeLessThanOrEqual(8192);
});
