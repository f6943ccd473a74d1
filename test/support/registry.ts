/** A real registry on loopback: distribution's own, Debian's docker-registry, with a directory and a port of a test file's own. */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from './fixture.ts';
import type { TestHome } from './home.ts';
import { missing } from './needs.ts';
import { Running } from './tsrun.ts';

/** What it takes, for `requires`. */
export const registryNeeds = ['program-docker-registry', 'program-skopeo'] as const;
/** Where it cannot run, its tests are skipped, and nothing is started for them. */
export const canHaveRegistry = (): boolean => registryNeeds.every((need) => missing(need) === null);

export interface TestRegistry {
  /** host:port, as names have it. */
  readonly host: string;
  /** The requests about a repository so far, each as "GET /v2/..."; a line of the log is written after the answer. */
  readonly requests: (repository: string) => readonly string[];
  /** Resolves with these once so many of them fit. */
  readonly until: (repository: string, request: RegExp, times: number) => Promise<readonly string[]>;
  /** Puts an image of rootfs-fixtures there by skopeo, with these flags besides. */
  readonly fill: (name: string, from: string, ...flags: readonly string[]) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** More of its config.yml, distribution docs/configuration.md: `auth: ...`, or `tls: ...` below `http:`. */
export interface RegistryConfig {
  readonly auth?: object;
  readonly tls?: object;
  /** 0: any. */
  readonly port?: number;
}

/** Starts one and waits until it listens. */
export async function startRegistry(
  home: TestHome,
  { auth, tls, port = 0 }: RegistryConfig = {},
): Promise<TestRegistry> {
  const directory = join(home.path, `registry-${Math.random().toString(36).slice(2)}`);
  mkdirSync(directory);
  const config = {
    version: '0.1',
    storage: { filesystem: { rootdirectory: join(directory, 'data') } },
    http: { addr: `127.0.0.1:${port}`, secret: 'of this test', ...(tls === undefined ? {} : { tls }) },
    log: { level: 'info', formatter: 'text' },
    ...(auth === undefined ? {} : { auth }),
  };
  // YAML reads JSON.
  writeFileSync(join(directory, 'config.yml'), JSON.stringify(config));
  const server = new Running(spawn('docker-registry', ['serve', join(directory, 'config.yml')], { stdio: 'pipe' }));
  await server.until(/listening on 127\.0\.0\.1:\d+/);
  const host = /listening on (127\.0\.0\.1:\d+)/.exec(server.everything)?.[1] ?? '';
  const until: TestRegistry['until'] = async (repository, request, times) => {
    const enough = (): boolean => requests(repository).filter((one) => request.test(one)).length >= times;
    while (!enough()) await new Promise((resolve) => setImmediate(resolve));
    return requests(repository);
  };
  const requests = (repository: string): readonly string[] =>
    [...server.output.matchAll(/"([A-Z]+ \S+) HTTP/g)]
      .map(([, request = '']) => request)
      .filter((request) => request.includes(` /v2/${repository}/`));
  return {
    host,
    requests,
    until,
    fill: async (name, from, ...flags) => {
      const [repository = '', tag = ''] = name.split(':');
      // The last of its requests.
      const puts = new RegExp(`^PUT .*/manifests/${tag}$`);
      const before = requests(repository).filter((one) => puts.test(one)).length;
      await skopeoCopy(from, `docker://${host}/${name}`, '--dest-tls-verify=false', ...flags);
      await until(repository, puts, before + 1);
    },
    stop: async () => {
      server.signal('SIGKILL');
      await server.outcome;
    },
  };
}

/**
 * `skopeo copy`; a source below rootfs-fixtures/out may be said as `oci-archive:FIXTURE`. This process goes on meanwhile: it may be the
 * token server that is asked.
 */
export async function skopeoCopy(from: string, to: string, ...flags: readonly string[]): Promise<void> {
  const source = from.replace(/^([a-z-]+):(?![/])(?=[^/]*$)/, `$1:${join(repository, 'rootfs-fixtures', 'out')}/`);
  // Without a runtime directory of its own it looks into one of root's for credentials, and fails.
  const env = { ...process.env, XDG_RUNTIME_DIR: tmpdir() };
  await promisify(execFile)('skopeo', ['copy', '--insecure-policy', ...flags, source, to], { env });
}
