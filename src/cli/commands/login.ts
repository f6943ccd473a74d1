/** `tsrun login [REGISTRY]`. */
import { isatty } from 'node:tty';
import type { Command } from 'commander';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { keepCredentials } from '../../image/registry/credentials/keep-credentials.ts';
import { checkLogin } from '../../image/registry/login.ts';
import { ForegroundSignals } from '../../process/foreground-signals.ts';
import { ask, askSecret } from '../ask.ts';
import { note, print } from '../output.ts';
import { type AccessOptions, accessFrom, addAccessFlags, registryNamed } from '../registry-flags.ts';

interface Flags extends AccessOptions {
  readonly username?: string;
  readonly password?: string;
  readonly passwordStdin?: boolean;
}

export function define(command: Command): void {
  command
    .argument('[registry]', 'a registry, for example registry.example:5000; nothing: docker.io')
    .option('-u, --username <user>', 'the user')
    .option('-p, --password <password>', 'the password, which other users can see in the list of processes')
    .option('--password-stdin', 'read the password from standard input');
  addAccessFlags(command).action(async (registry: string | undefined, flags: Flags) => {
    const host = registryNamed(registry);
    const { user, password } = await credentialsFrom(flags);
    const access = accessFrom(flags);
    const interrupted = new ForegroundSignals(note);
    try {
      await checkLogin(host, { type: 'password', user, password }, access, interrupted.signal);
      const kept = await keepCredentials(access, host, { user, password });
      if (kept.type === 'file') {
        note(`tsrun: the password is kept in "${kept.path}" as it is; a credential helper would keep it better`);
      }
      print('Login Succeeded');
    } finally {
      interrupted[Symbol.dispose]();
    }
  });
}

async function credentialsFrom({ username, password, passwordStdin = false }: Flags) {
  if (passwordStdin) {
    if (password !== undefined) throw contradiction('--password and --password-stdin are two passwords');
    if (username === undefined) throw contradiction('--password-stdin needs --username');
    let text = '';
    for await (const chunk of process.stdin.setEncoding('utf8')) text += String(chunk);
    return { user: username, password: text.replace(/\r?\n$/, '') };
  }
  if (!isatty(0) && (username === undefined || password === undefined)) {
    throw contradiction('there is no terminal to ask for the user and the password');
  }
  return {
    user: username ?? (await ask('Username: ')),
    password: password ?? (await askSecret('Password: ')),
  };
}

const contradiction = (why: string): TsrunError =>
  new TsrunError('USAGE', 'cannot log in', { why, hint: 'for example: tsrun login -u USER --password-stdin < FILE' });
