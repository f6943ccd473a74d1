/** The flags of `tsrun run`: docker's spelling, in groups, the common ones marked. */
import type { RunOptions } from '../container/request/run-options.ts';
import { type Flag, type FlagKind, flag } from './flags.ts';

/** A flag that fills one option of the library. */
export interface OptionFlag {
  readonly flag: Flag;
  readonly option: Exclude<keyof RunOptions, 'command'>;
}

type Extras = Parameters<typeof flag>[4];

const rows = (
  group: string,
  ...entries: readonly (readonly [FlagKind, string, OptionFlag['option'], string, Extras?])[]
): OptionFlag[] =>
  entries.map(([kind, names, option, about, extras]) => ({
    flag: flag(kind, names, about, group, extras ?? {}),
    option,
  }));

const common = { common: true } as const;
const namespaces = (...words: string[]): Extras => ({ complete: words });

export const optionFlags: readonly OptionFlag[] = [
  ...rows(
    'Process',
    ['switch', '-i, --interactive', 'interactive', 'keep standard input open', common],
    ['switch', '-t, --tty', 'tty', 'give the command a terminal', common],
    ['switch', '-d, --detach', 'detach', 'run in the background and print the id', common],
    ['list', '-e, --env NAME[=VALUE]', 'env', 'set a variable; NAME alone passes yours on', common],
    ['list', '--env-file FILE', 'envFile', 'read variables from a file', { complete: 'path' }],
    ['value', '-w, --workdir DIR', 'workdir', 'working directory inside the container', common],
    ['value', '-u, --user USER[:GROUP]', 'user', 'run as this user, by name or number', common],
    ['list', '--group-add GROUP', 'groupAdd', 'add a supplementary group'],
    ['value', '--entrypoint COMMAND', 'entrypoint', 'replace the image\'s entrypoint; "" removes it', common],
    ['switch', '--init', 'init', 'run a small init as PID 1 that reaps zombies', common],
    ['value', '--stop-signal SIGNAL', 'stopSignal', 'signal that asks it to stop'],
    ['value', '--stop-timeout SECONDS', 'stopTimeout', 'how long to wait before SIGKILL (10); -1: for ever'],
    ['switch', '--sig-proxy', 'sigProxy', 'pass signals on to the command (true)'],
    ['list', '--ulimit NAME=SOFT[:HARD]', 'ulimits', 'set a resource limit, for example nofile=1024'],
    ['value', '--oom-score-adj NUMBER', 'oomScoreAdj', 'who is killed first, -1000 to 1000'],
  ),
  ...rows(
    'Container',
    ['value', '--name NAME', 'name', 'name it; default: two words', common],
    ['switch', '--rm', 'rm', 'remove it when it has exited', common],
    [
      'value',
      '--restart no|on-failure[:N]|always|unless-stopped',
      'restart',
      'start it again when it has ended',
      { complete: ['no', 'on-failure', 'always', 'unless-stopped'] },
    ],
    ['value', '-h, --hostname NAME', 'hostname', 'host name inside', { common: true }],
    ['value', '--domainname NAME', 'domainname', 'NIS domain name inside'],
    ['list', '-l, --label KEY[=VALUE]', 'labels', 'attach a label'],
    ['list', '--label-file FILE', 'labelFile', 'read labels from a file', { complete: 'path' }],
    ['list', '--annotation KEY=VALUE', 'annotations', 'add an annotation to the OCI config'],
    [
      'value',
      '--log-driver local|none',
      'logDriver',
      'whether what it prints is kept (local)',
      { complete: ['local', 'none'] },
    ],
    ['list', '--log-opt max-size=10m|max-file=3', 'logOptions', 'how much of it is kept'],
    ['value', '--cidfile FILE', 'cidfile', 'write the id to a file', { complete: 'path' }],
    [
      'value',
      '--platform OS/ARCH',
      'platform',
      'choose from an image for several platforms',
      { complete: ['linux/amd64', 'linux/arm64'] },
    ],
    ['value', '--pull WHEN', 'pull', 'missing, never or always', namespaces('missing', 'never', 'always')],
  ),
  ...rows(
    'Health',
    ['value', '--health-cmd COMMAND', 'healthCmd', 'a line of shell that says whether it is well'],
    ['value', '--health-interval DURATION', 'healthInterval', 'between two checks (30s)'],
    ['value', '--health-timeout DURATION', 'healthTimeout', 'after which a check has failed (30s)'],
    ['value', '--health-retries NUMBER', 'healthRetries', 'failures in a row that make it unhealthy (3)'],
    [
      'value',
      '--health-start-period DURATION',
      'healthStartPeriod',
      'from the start on, while failures do not count (0s)',
    ],
    ['value', '--health-start-interval DURATION', 'healthStartInterval', 'between two checks meanwhile (5s)'],
    ['switch', '--no-healthcheck', 'noHealthcheck', "no check, the image's neither"],
    [
      'value',
      '--health-on-failure none|kill|restart',
      'healthOnFailure',
      'what becomes of it when it is unhealthy (none)',
      namespaces('none', 'kill', 'restart'),
    ],
  ),
  ...rows(
    'Files',
    [
      'list',
      '-v, --volume SOURCE:TARGET[:ro]',
      'volumes',
      'show a path of the host or a named volume inside',
      { common: true, complete: 'path' },
    ],
    ['list', '--volumes-from CONTAINER[:ro]', 'volumesFrom', 'show the volumes and binds of another container'],
    ['list', '--mount type=bind|volume|tmpfs,...', 'mounts', "the same with docker's long keys"],
    ['list', '--tmpfs TARGET[:size=64m]', 'tmpfs', 'a directory in memory', common],
    ['switch', '--read-only', 'readOnly', 'read-only root filesystem', common],
    ['value', '--shm-size SIZE', 'shmSize', 'size of /dev/shm (64m)'],
    ['list', '--device SOURCE[:TARGET][:rwm]', 'devices', 'show a device of the host inside', { complete: 'path' }],
    ['list', '--device-cgroup-rule RULE', 'deviceCgroupRules', 'allow a kind of device, for example "c 1:3 rwm"'],
  ),
  ...rows(
    'Limits',
    ['value', '-m, --memory SIZE', 'memory', 'most memory, for example 64m', common],
    ['value', '--memory-reservation SIZE', 'memoryReservation', 'memory that is reclaimed last'],
    ['value', '--memory-swap SIZE', 'memorySwap', 'memory and swap together; -1: unlimited swap'],
    ['value', '--cpus NUMBER', 'cpus', 'most CPU time, for example 1.5', common],
    ['value', '-c, --cpu-shares NUMBER', 'cpuShares', 'weight against others (1024)'],
    ['value', '--cpu-quota MICROSECONDS', 'cpuQuota', 'CPU time per period'],
    ['value', '--cpu-period MICROSECONDS', 'cpuPeriod', 'length of a period (100000)'],
    ['value', '--cpuset-cpus LIST', 'cpusetCpus', 'CPUs to run on, for example 0-3'],
    ['value', '--cpuset-mems LIST', 'cpusetMems', 'memory nodes to use'],
    ['value', '--pids-limit NUMBER', 'pidsLimit', 'most processes and threads; -1: unlimited', common],
    ['value', '--blkio-weight NUMBER', 'blkioWeight', 'disk weight against others, 10 to 1000'],
    ['list', '--device-read-bps PATH:RATE', 'deviceReadBps', 'bytes read per second, for example /dev/sda:10m'],
    ['list', '--device-write-bps PATH:RATE', 'deviceWriteBps', 'bytes written per second'],
    ['list', '--device-read-iops PATH:RATE', 'deviceReadIops', 'reads per second'],
    ['list', '--device-write-iops PATH:RATE', 'deviceWriteIops', 'writes per second'],
    ['list', '--cgroup-conf FILE=VALUE', 'cgroupConf', 'any file of cgroup v2, for example memory.high=64M'],
    [
      'value',
      '--cgroup-parent PATH',
      'cgroupParent',
      "a control group below tsrun's, or a slice of systemd's (ci.slice)",
    ],
    [
      'value',
      '--limits HOW',
      'limits',
      'required: fail when one cannot be enforced; best-effort: say so',
      namespaces('required', 'best-effort'),
    ],
  ),
  ...rows(
    'Network',
    [
      'list',
      '--network NAME|none|host',
      'network',
      'bridge, pasta (defaults), none, host, container:NAME, ns:PATH, cni:NAME',
      { common: true, complete: ['none', 'host', 'bridge', 'pasta'], aliases: ['net'] },
    ],
    ['list', '-p, --publish [ADDRESS:]PORT:PORT', 'publish', 'let a port of this machine lead to it', common],
    ['switch', '-P, --publish-all', 'publishAll', 'let free ports of this machine lead to all that it exposes'],
    ['list', '--expose PORT', 'expose', "a port that it listens at, besides the image's"],
    ['value', '--ip ADDRESS', 'ip', 'its address on the first network'],
    ['value', '--ip6 ADDRESS', 'ip6', 'its IPv6 address there'],
    ['value', '--mac-address ADDRESS', 'macAddress', 'of its interface there'],
    ['list', '--network-alias NAME', 'networkAlias', 'another name for others there', { aliases: ['net-alias'] }],
    ['list', '--add-host NAME:ADDRESS', 'addHost', 'add a line to /etc/hosts'],
    ['list', '--dns ADDRESS', 'dns', 'use this name server'],
    ['list', '--dns-search DOMAIN', 'dnsSearch', 'search domain; .: none'],
    ['list', '--dns-option OPTION', 'dnsOption', 'option of resolv.conf(5)', { aliases: ['dns-opt'] }],
  ),
  ...rows(
    'Security',
    ['switch', '--privileged', 'privileged', 'all capabilities and devices, no filter'],
    ['list', '--cap-add NAME', 'capAdd', 'add a capability, or ALL', common],
    ['list', '--cap-drop NAME', 'capDrop', 'drop a capability, or ALL', common],
    ['list', '--security-opt OPTION', 'securityOpt', 'seccomp=FILE|unconfined, no-new-privileges=false'],
    ['list', '--sysctl NAME=VALUE', 'sysctls', "a kernel parameter of the container's namespaces"],
  ),
  ...rows(
    'Namespaces',
    ['value', '--pid private|host|container:NAME', 'pid', 'which processes it sees', namespaces('private', 'host')],
    [
      'value',
      '--ipc private|shareable|host|none|container:NAME',
      'ipc',
      'System V IPC, message queues, /dev/shm',
      namespaces('private', 'shareable', 'host', 'none'),
    ],
    ['value', '--uts private|host', 'uts', 'whose host name it has', namespaces('private', 'host')],
    [
      'value',
      '--userns private|keep-id|host',
      'userns',
      'whose user ids it has',
      namespaces('private', 'keep-id', 'host'),
    ],
    ['value', '--cgroupns private|host', 'cgroupns', 'which control groups it sees', namespaces('private', 'host')],
    ['value', '--time-offset SECONDS', 'timeOffset', 'other clocks, for example boottime=86400'],
    [
      'list',
      '--without PART',
      'without',
      'leave a part out: pid, network, seccomp, ...',
      { complete: ['pid', 'network', 'uts', 'ipc', 'cgroup', 'user', 'overlay', 'seccomp', 'caps', 'masks'] },
    ],
  ),
];

/** Flags that the command itself answers. */
export const ownFlags: readonly Flag[] = [
  flag('word', '--explain=text|commands', 'narrate each step of the run: what, why, how long', 'Looking inside', {
    common: true,
    complete: ['text', 'commands'],
  }),
  flag('word', '--dry-run=json|shell', 'print the plan and run nothing', 'Looking inside', {
    common: true,
    complete: ['json', 'shell'],
  }),
  flag('value', '--detach-keys KEYS', 'with -t: the keys that leave it running (ctrl-p,ctrl-q)', 'Process', {}),
  flag('switch', '-q, --quiet', 'no progress and no notices', 'Looking inside', common),
  flag('switch', '--help', 'show the common flags', 'Looking inside', common),
  flag('switch', '--help-all', 'show every flag', 'Looking inside', common),
];
