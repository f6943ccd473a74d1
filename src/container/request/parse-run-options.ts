/** From what was written to what is meant: {@link RunOptions} to {@link RunRequest}. */

import { resolve } from 'node:path';
import { parseContainerPath } from './absolute-path.ts';
import { badValue } from './bad-value.ts';
import { parseCapabilities } from './capability.ts';
import { parseCgroupParent } from './cgroup.ts';
import { checkCombinations } from './combinations.ts';
import { parseDevice, parseDeviceCgroupRule } from './device.ts';
import { type CallerEnv, parseEnv, parseEnvFile } from './env.ts';
import { parseExpose } from './exposed-ports.ts';
import { parseHealth } from './health.ts';
import { hostGatewayWord, parseAddHost, parseDnsOption, parseDnsSearch, parseDnsServer } from './host-entry.ts';
import { parseInteger } from './integer.ts';
import { parseAnnotations, parseLabelFile, parseLabels } from './labels.ts';
import { parseLimits } from './limits.ts';
import { parseLog } from './log.ts';
import { parseMountOption } from './mount-options.ts';
import { parseContainerName, parseHostname } from './names.ts';
import { parseCgroupns, parseIpc, parsePid, parseTimeOffset, parseUserns, parseUts } from './namespaces.ts';
import { defaultNetworkWord, parseNetwork, parsePublish } from './network.ts';
import { parseOneOf } from './one-of.ts';
import { parsePlatform } from './platform.ts';
import { parseRestart } from './restart.ts';
import type { RunOptions } from './run-options.ts';
import type { ByteSize, RunRequest } from './run-request.ts';
import { parseSecurityOpts } from './security-opt.ts';
import { parseSignal } from './signal.ts';
import { parseSize } from './size.ts';
import { parseSysctls } from './sysctl.ts';
import type { ReadFile } from './text-file.ts';
import { parseTmpfs } from './tmpfs.ts';
import { parseUlimits } from './ulimit.ts';
import { parseGroup, parseUser } from './user.ts';
import { parseVolume } from './volume.ts';
import { parseVolumesFrom } from './volumes-from.ts';
import { parseWithout } from './without.ts';

/** An option as the reader knows it, for messages: `--memory` or `memory`. */
export type SpellOption = (option: keyof RunOptions) => string;

/** Where relative paths and `NAME` without a value come from. */
export interface ParseContext {
  readonly spell: SpellOption;
  readonly cwd: string;
  /** Who asks: what root's containers have without asking differs from others'. */
  readonly uid: number;
  readonly env: CallerEnv;
  readonly readFile: ReadFile;
}

/** As with docker nothing was said where the text is empty: scripts write `--name "$NAME"`. */
const emptyIsNone: ReadonlySet<keyof RunOptions> = new Set([
  'name',
  'hostname',
  'domainname',
  'workdir',
  'user',
  'platform',
  'pull',
  'restart',
  'cidfile',
  'stopSignal',
  'cgroupParent',
]);

const defaultShmSize = (64 * 1024 * 1024) as ByteSize;

/**
 * Checks every option and fills every default.
 *
 * @example parseRunOptions({ memory: '64m' }, { spell: (o) => o, cwd: process.cwd(), uid: 0, env: process.env, readFile: readFileSync })
 * @throws TsrunError USAGE naming the option, what is wrong and what is allowed; NOT_YET for what is recognised and not built
 */
export function parseRunOptions(options: RunOptions, context: ParseContext): RunRequest {
  const { cwd, readFile } = context;
  const spell = context.spell;
  /** One option through its parser, or its default. */
  const one = <Key extends keyof RunOptions, Result, Default>(
    key: Key,
    parse: (value: NonNullable<RunOptions[Key]>, name: string) => Result,
    missing: Default,
  ): Result | Default => {
    const given = options[key];
    if (given === undefined || given === null || (given === '' && emptyIsNone.has(key))) return missing;
    return parse(given, spell(key));
  };
  /** Every element of a list through a parser. */
  const each = <Item, Result>(
    key: keyof RunOptions,
    given: readonly Item[] | undefined,
    parse: (value: Item, name: string) => Result,
  ): Result[] => (given ?? []).map((value) => parse(value, spell(key)));
  const path = (value: string): string => resolve(cwd, value);

  const security = parseSecurityOpts(options.securityOpt ?? [], { cwd, readFile }, spell('securityOpt'));
  const without = parseWithout(options.without ?? [], spell('without'));
  const network = parseNetwork(options, spell, defaultNetworkWord(context));
  // On the host's network the host is reached as the host reaches itself.
  const onNetworks = typeof network === 'object' && (network.type === 'networks' || network.type === 'cni');
  const hostGateway =
    network === 'host' || without.includes('network') ? '127.0.0.1' : onNetworks ? hostGatewayWord : null;
  const request: RunRequest = {
    name: one('name', parseContainerName, null),
    hostname: one('hostname', parseHostname, null),
    domainname: one('domainname', parseHostname, null),
    command: checkArguments(options.command ?? [], spell('command')),
    entrypoint: one('entrypoint', (given) => parseEntrypoint(given, spell('entrypoint')), null),
    env: [
      ...each('envFile', options.envFile, (file, name) => parseEnvFile(path(file), context.env, name, readFile)).flat(),
      ...one('env', (given, name) => parseEnv(given, context.env, name), []),
    ],
    workingDirectory: one('workdir', (given, name) => parseContainerPath(given, given, name), null),
    user: one('user', parseUser, null),
    groupAdd: each('groupAdd', options.groupAdd, parseGroup),
    stdin: options.interactive === true ? 'inherit' : 'null',
    terminal: options.tty ?? false,
    detach: options.detach ?? false,
    remove: options.rm ?? false,
    restart: one('restart', parseRestart, { name: 'no' }),
    health: parseHealth(options, spell),
    log: parseLog(options.logDriver || undefined, options.logOptions ?? [], {
      driver: spell('logDriver'),
      options: spell('logOptions'),
    }),
    init: options.init ?? false,
    mounts: [
      // docker keeps both in a table by their text: a script may repeat itself.
      ...each('volumes', unique(options.volumes), (value, name) => parseVolume(value, cwd, name)),
      ...each('mounts', options.mounts, (value, name) => parseMountOption(value, cwd, name)),
      ...each('tmpfs', unique(options.tmpfs), parseTmpfs),
    ],
    volumesFrom: each('volumesFrom', options.volumesFrom, parseVolumesFrom),
    readonlyRoot: options.readOnly ?? false,
    // docker: 0 is the default size.
    shmSize: (one('shmSize', parseSize, defaultShmSize) || defaultShmSize) as ByteSize,
    devices: each('devices', options.devices, parseDevice),
    deviceCgroupRules: each('deviceCgroupRules', options.deviceCgroupRules, parseDeviceCgroupRule),
    privileged: options.privileged ?? false,
    capAdd: one('capAdd', parseCapabilities, []),
    capDrop: one('capDrop', parseCapabilities, []),
    // On, unless somebody asks for all privileges: a setuid program in a privileged container should work.
    noNewPrivileges: security.noNewPrivileges ?? !(options.privileged ?? false),
    seccomp: security.seccomp,
    ulimits: one('ulimits', parseUlimits, []),
    sysctls: one('sysctls', parseSysctls, {}),
    limits: parseLimits(options, spell, context.env['TSRUN_LIMITS'] === 'best-effort' ? 'best-effort' : 'required'),
    cgroupParent: one('cgroupParent', parseCgroupParent, null),
    pid: one('pid', parsePid, 'private'),
    ipc: one('ipc', parseIpc, 'private'),
    uts: one('uts', parseUts, 'private'),
    userns: one('userns', parseUserns, 'default'),
    cgroupns: one('cgroupns', parseCgroupns, 'private'),
    time: one('timeOffset', parseTimeOffset, null),
    network,
    publish: each('publish', options.publish, parsePublish).flat(),
    expose: each('expose', options.expose, parseExpose).flat(),
    publishAll: options.publishAll ?? false,
    stopSignal: one('stopSignal', parseSignal, null),
    stopTimeout: one(
      'stopTimeout',
      (given, name) => parseInteger(given, { least: -1, most: 2 ** 31 - 1, unit: ' seconds' }, name),
      10,
    ),
    signalProxy: options.sigProxy ?? true,
    oomScoreAdj: one(
      'oomScoreAdj',
      (given, name) => parseInteger(given, { least: -1000, most: 1000, unit: '' }, name),
      0,
    ),
    extraHosts: each('addHost', options.addHost, (value, name) => parseAddHost(value, hostGateway, name)),
    dns: {
      servers: each('dns', options.dns, parseDnsServer),
      search: each('dnsSearch', options.dnsSearch, parseDnsSearch),
      options: each('dnsOption', options.dnsOption, parseDnsOption),
    },
    labels: Object.assign(
      {},
      ...each('labelFile', options.labelFile, (file, name) => parseLabelFile(path(file), name, readFile)),
      one('labels', parseLabels, {}),
    ) as Record<string, string>,
    annotations: one('annotations', parseAnnotations, {}),
    platform: one('platform', parsePlatform, null),
    pull: one('pull', (given, name) => parseOneOf(given, ['missing', 'never', 'always'], name), 'missing'),
    cidfile: one('cidfile', path, null),
    without: security.masks || without.includes('masks') ? without : [...without, 'masks'],
  };
  checkCombinations(request, spell);
  return request;
}

const unique = (given: readonly string[] | undefined): readonly string[] => [...new Set(given)];

function parseEntrypoint(given: string | readonly string[], name: string): readonly string[] {
  if (typeof given !== 'string') return checkArguments(given, name);
  return given === '' ? [] : checkArguments([given], name);
}

/** execve(2) ends a string at a NUL byte: what follows would be lost without a word. */
export function checkArguments(words: readonly string[], name: string): readonly string[] {
  if (!Array.isArray(words))
    throw badValue(name, String(words), 'it is not a list of words', "write for example ['sh', '-c', 'id']");
  const broken = words.find((word) => word.includes('\0'));
  if (broken !== undefined) throw badValue(name, broken, 'it holds a NUL byte', 'remove it');
  return words;
}
