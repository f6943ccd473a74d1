/** Who we are to distribution's registry: passwords, tokens, certificates, and where they are kept. */
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { makeHome } from '../support/home.ts';
import { missing } from '../support/needs.ts';
import { skopeoCopy, startRegistry, type TestRegistry } from '../support/registry.ts';
import { requires } from '../support/requires.ts';
import { startTokenServer, type TokenServer, tokenIssuer, tokenService } from '../support/token-server.ts';
import { type Outcome, startOnTerminal, tsrun } from '../support/tsrun.ts';

const needed = ['program-docker-registry', 'program-skopeo', 'program-openssl'] as const;
const withRegistry = requires(...needed);

const home = makeHome();
/** "secret:1", with bcrypt, which is all that the registry takes. */
const htpasswd = 'alice:$2y$05$abcdefghijklmnopqrstuuc2RWYCqD8uiz/VvbUhjnWVTN2gpX.p2';
let certificate: Certificate;
let basic: TestRegistry;
let tls: TestRegistry;
let mutual: TestRegistry;
let tokens: TestRegistry;
let server: TokenServer;

beforeAll(async () => {
  if (needed.some((need) => missing(need) !== null)) return;
  certificate = makeCertificate(join(home.path, 'certificate'));
  writeFileSync(join(home.path, 'htpasswd'), `${htpasswd}\n`);
  basic = await startRegistry(home, { auth: { htpasswd: { realm: 'test', path: join(home.path, 'htpasswd') } } });
  await basic.fill('team/busybox:1.0', 'oci-archive:busybox.tar', '--dest-creds=alice:secret:1');
  tls = await startRegistry(home, { tls: { certificate: certificate.certificate, key: certificate.key } });
  await tls.fill('team/busybox:1.0', 'oci-archive:busybox.tar');
  const ours = { certificate: certificate.certificate, key: certificate.key };
  mutual = await startRegistry(home, { tls: { ...ours, clientcas: [certificate.certificate] } });
  server = await startTokenServer(certificate, 'alice:secret:1');
  tokens = await startRegistry(home, {
    auth: {
      token: {
        realm: server.realm,
        service: tokenService,
        issuer: tokenIssuer,
        rootcertbundle: certificate.certificate,
      },
    },
  });
  await tokens.fill('team/busybox:1.0', 'oci-archive:busybox.tar', '--dest-creds=alice:secret:1');
});
afterAll(async () => {
  for (const registry of [basic, tls, mutual, tokens]) await registry?.stop();
  await server?.close();
  home[Symbol.dispose]();
});

let users = 0;

/** Somebody with a home directory and a store of their own. */
function somebody() {
  users += 1;
  const path = join(home.path, `user-${users}`);
  mkdirSync(path);
  const env = {
    ...home.env,
    ...{ HOME: path, TSRUN_STORE: join(path, 'store'), PATH: `${path}/bin:${process.env['PATH']}` },
    ...{ XDG_CONFIG_HOME: undefined, XDG_RUNTIME_DIR: undefined, DOCKER_CONFIG: undefined },
    ...{ REGISTRY_AUTH_FILE: undefined },
  };
  const run = (args: readonly string[], input = ''): Promise<Outcome> => tsrun(args, { env, input });
  const config = join(path, '.docker', 'config.json');
  return { path, env, run, config };
}

describe('a registry with passwords', () => {
  withRegistry('is told none by somebody it does not know, and the error says what to do', async () => {
    const { run } = somebody();
    const { stderr, exitCode } = await run(['pull', `${basic.host}/team/busybox:1.0`]);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      [
        `tsrun: cannot pull "${basic.host}/team/busybox:1.0"`,
        `  "${basic.host}" answered 401: UNAUTHORIZED, authentication required`,
        `  hint: is the name right? else log in: tsrun login ${basic.host}`,
        '',
      ].join('\n'),
    );
  });

  withRegistry('gives its images after login, which others read too, and none after logout', async () => {
    const { run, config, path } = somebody();
    const login = await run(['login', '-u', 'alice', '--password-stdin', basic.host], 'secret:1\n');
    expect(login).toMatchObject({ stdout: 'Login Succeeded\n', exitCode: 0 });
    expect(statSync(config).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(config, 'utf8'))).toEqual({
      auths: { [basic.host]: { auth: Buffer.from('alice:secret:1').toString('base64') } },
    });
    await skopeoCopy(
      `docker://${basic.host}/team/busybox:1.0`,
      `dir:${join(path, 'copied')}`,
      '--src-tls-verify=false',
      `--src-authfile=${config}`,
    );
    expect((await run(['pull', '-q', `${basic.host}/team/busybox:1.0`])).exitCode).toBe(0);
    expect((await run(['logout', basic.host])).stdout).toBe(`Removing login credentials for ${basic.host}\n`);
    expect((await run(['pull', '-q', `${basic.host}/team/busybox:1.0`])).exitCode).toBe(1);
    expect((await run(['logout', basic.host])).stdout).toBe(`Not logged in to ${basic.host}\n`);
  });

  withRegistry('refuses a wrong password, which is not kept', async () => {
    const { run, config } = somebody();
    const { stderr, exitCode } = await run(['login', '-u', 'alice', '--password-stdin', basic.host], 'wrong');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`cannot log in to "${basic.host}"`);
    expect(() => statSync(config)).toThrow('ENOENT');
  });

  withRegistry('takes what a credential helper says, and login tells the helper', async () => {
    const { run, path, config } = somebody();
    mkdirSync(join(path, 'bin'));
    const kept = join(path, 'kept');
    writeFileSync(
      join(path, 'bin', 'docker-credential-test'),
      `#!/bin/sh\ncase $1 in store) cat > ${kept} ;; get) test -f ${kept} && cat ${kept} || { echo credentials not found in native keychain; exit 1; } ;; erase) rm ${kept} ;; esac\n`,
      { mode: 0o755 },
    );
    mkdirSync(join(path, '.docker'));
    writeFileSync(config, '{"credsStore":"test","psFormat":"kept"}');
    expect((await run(['pull', '-q', `${basic.host}/team/busybox:1.0`])).exitCode).toBe(1);
    await run(['login', '-u', 'alice', '--password-stdin', basic.host], 'secret:1');
    expect(JSON.parse(readFileSync(kept, 'utf8'))).toEqual({
      ServerURL: basic.host,
      Username: 'alice',
      Secret: 'secret:1',
    });
    expect(JSON.parse(readFileSync(config, 'utf8'))).toEqual({
      credsStore: 'test',
      psFormat: 'kept',
      auths: { [basic.host]: {} },
    });
    expect((await run(['pull', '-q', `${basic.host}/team/busybox:1.0`])).exitCode).toBe(0);
  });

  withRegistry("is told the one of podman's auth.json that is for the repository", async () => {
    const { run, path } = somebody();
    mkdirSync(join(path, '.config', 'containers'), { recursive: true });
    const auth = (words: string) => ({ auth: Buffer.from(words).toString('base64') });
    const auths = { [basic.host]: auth('bob:wrong'), [`${basic.host}/team`]: auth('alice:secret:1') };
    writeFileSync(join(path, '.config', 'containers', 'auth.json'), JSON.stringify({ auths }));
    expect((await run(['pull', '-q', `${basic.host}/team/busybox:1.0`])).exitCode).toBe(0);
  });
});

requires(...needed, 'terminal')('login asks on a terminal, and does not show the password', async () => {
  const { env } = somebody();
  const terminal = startOnTerminal(['login', basic.host], { env });
  await terminal.until('Username: ');
  terminal.write('alice\r');
  await terminal.until('Password: ');
  terminal.write('secret:1\r');
  await terminal.until('Login Succeeded');
  const { stdout, exitCode } = await terminal.outcome;
  expect(exitCode).toBe(0);
  expect(stdout).not.toContain('secret');
});

describe('a registry with tokens', () => {
  withRegistry('gives one to anybody for what anybody may pull', async () => {
    const { run } = somebody();
    const before = server.asked.length;
    expect((await run(['pull', '-q', `${tokens.host}/team/busybox:1.0`])).exitCode).toBe(0);
    // One token for the manifest, the config and every layer.
    expect(server.asked.slice(before)).toEqual([
      {
        path: `/token?service=registry+of+a+test&scope=${encodeURIComponent('repository:team/busybox:pull')}`,
        authorization: undefined,
      },
    ]);
  });

  withRegistry('asks the token server whether a password is right', async () => {
    const { run } = somebody();
    const right = await run(['login', '-u', 'alice', '--password-stdin', tokens.host], 'secret:1');
    expect(right.stdout).toBe('Login Succeeded\n');
    const wrong = await run(['login', '-u', 'alice', '--password-stdin', tokens.host], 'wrong');
    expect(wrong.stderr).toContain('UNAUTHORIZED, wrong password');
  });
});

describe('a registry with TLS', () => {
  withRegistry('whose authority nobody knows is not trusted', async () => {
    const { run } = somebody();
    const { stderr, exitCode } = await run(['pull', `${tls.host}/team/busybox:1.0`]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`cannot trust the registry "${tls.host}"\n  its certificate cannot be verified`);
    expect(stderr).toContain(`certs.d/${tls.host}/ca.crt`);
  });

  withRegistry('is trusted by its certificate in certs.d, or in another directory', async () => {
    const { run, path } = somebody();
    const certs = join(path, '.config', 'containers', 'certs.d', tls.host);
    mkdirSync(certs, { recursive: true });
    copyFileSync(certificate.certificate, join(certs, 'ca.crt'));
    expect((await run(['pull', '-q', `${tls.host}/team/busybox:1.0`])).exitCode).toBe(0);
    const other = somebody();
    expect((await other.run(['pull', '-q', `--cert-dir=${certs}`, `${tls.host}/team/busybox:1.0`])).exitCode).toBe(0);
  });

  withRegistry('that wants to know who we are is shown the certificate of certs.d, and nobody else is', async () => {
    const { run, path } = somebody();
    const name = `${mutual.host}/team/busybox:1.0`;
    const certs = join(path, '.config', 'containers', 'certs.d', mutual.host);
    mkdirSync(certs, { recursive: true });
    copyFileSync(certificate.certificate, join(certs, 'ca.crt'));
    const unknown = await run(['pull', '-q', name]);
    expect(unknown.exitCode).toBe(1);
    expect(unknown.stderr).toContain(`cannot speak to the registry "${mutual.host}"\n  it wants a certificate of ours`);
    expect(unknown.stderr).toContain(`certs.d/${mutual.host}/ as client.cert and client.key`);
    copyFileSync(certificate.certificate, join(certs, 'client.cert'));
    const alone = await run(['pull', '-q', name]);
    expect(alone.stderr).toContain('"client.cert" is there, "client.key" is not');
    copyFileSync(certificate.key, join(certs, 'client.key'));
    // It has no image of that name: what it says of that it says to those it knows.
    expect((await run(['pull', '-q', name])).stderr).toContain('answered 404');
    expect((await run(['push', '-q', '--cert-dir', certs, 'nothing', name])).stderr).toContain('cannot find');
    expect((await run(['pull', '-q', `${tls.host}/team/busybox:1.0`])).stderr).toContain('cannot be verified');
  });

  withRegistry('is taken as it is with --tls-verify=false', async () => {
    const { run } = somebody();
    const { exitCode } = await run(['pull', '-q', '--tls-verify=false', `${tls.host}/team/busybox:1.0`]);
    expect(exitCode).toBe(0);
  });

  withRegistry('that speaks none is not spoken to with --tls-verify', async () => {
    const { run } = somebody();
    const { stderr, exitCode } = await run(['pull', '--tls-verify=true', `${basic.host}/team/busybox:1.0`]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('it does not speak TLS');
  });
});
