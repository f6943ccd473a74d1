/**
 * The one door to native code: every function of the addon, declared and described here, loaded on first use.
 *
 * No other file loads build/Release/tsrun.node. Functions that fail in the kernel throw an Error with `errno` (number),
 * `code` (for example `EACCES`) and `syscall`.
 */
import { nativeArtefact } from '../host/helper.ts';
import type { SeccompFilter } from '../oci/seccomp/filter.ts';

/** A message from the monitor or init, with the file descriptors that came along. */
export type ChannelListener = (message: Buffer, fds: readonly number[]) => void;

/** A SOCK_SEQPACKET connection. Closing that to a monitor makes it kill its container. */
export interface NativeChannel {
  /** Sends one packet. Returns false when the peer is gone. */
  send(message: Uint8Array): boolean;
  /** Closes our direction; what the other end says is still heard. */
  close(): void;
  /** The process at the other end goes on after the end of the connection. */
  outlive(): void;
  /** Nothing is read until {@link resume}: what comes waits in the socket, and then with who sends it. */
  pause(): void;
  resume(): void;
}

export interface LaunchRequest {
  /** Absolute path of tsrun-init. */
  readonly helper: string;
  /** File descriptor to execute instead (a sealed view of the helper), or -1 to execute by path. */
  readonly helperFd: number;
  /** argv[1] and following. */
  readonly args: readonly string[];
  /** The encoded plan, handed over in a memfd. */
  readonly plan: Uint8Array;
  /** File descriptors that become 0, 1 and 2. */
  readonly stdio: readonly [number, number, number];
  /** More descriptors the monitor keeps open until it exits (locks). */
  readonly keep: readonly number[];
  /** It may go on when the connection has ended: `onClose` then does not wait for its end. */
  readonly outlives: boolean;
}

export interface NativeAddon {
  /** What the caller left open behind standard error goes to no program that is started from here on. */
  closeInheritedOnExec(): void;
  /** flock(2), never blocking. True when the lock was taken. */
  flock(fd: number, how: 'shared' | 'exclusive' | 'unlock'): boolean;
  /** `2026-01-02 04:04:05 +0100 CET`, by TZ or /etc/localtime; null: no year that a calendar has. */
  localTime(secondsSince1970: number): string | null;
  /**
   * Starts the monitor: vfork and exec of the helper with the plan in a memfd. `onMessage` gets every packet; `onClose`
   * fires once after the monitor was reaped, with its wait status.
   */
  launch(
    request: LaunchRequest,
    onMessage: ChannelListener,
    onClose: (waitStatus: number) => void,
  ): { readonly pid: number; readonly channel: NativeChannel };
  /**
   * netlink(7): sends messages in a network namespace, by its descriptor or `-1` for the caller's, and returns all answers, one behind the other: the kernel
   * deals with them before send(2) returns. Answers have no copies of what was asked, but say in words what was wrong where the
   * kernel does (NETLINK_CAP_ACK, NETLINK_EXT_ACK). `users`: descriptor of the user namespace that owns the network namespace, where it is
   * one below the caller's; else `-1`.
   *
   * @throws Error with errno when there is no such protocol, or the kernel's answers did not fit into the socket (ENOBUFS)
   */
  netlink(protocol: 'route' | 'netfilter', messages: Uint8Array, space: number, users: number): Uint8Array;
  /** A new network namespace, kept by a mount on the file that this makes: it needs no process to live. Throws with errno, EEXIST. */
  keepNetworkNamespace(path: string): void;
  /** umount2(2) with MNT_DETACH; where nothing is mounted, nothing happens. Throws with errno. */
  detachMount(path: string): void;
  /**
   * A pipe for a container's standard stream, and the socket that is our side of it; both close-on-exec. A thread copies
   * between the two, because a container can make reading or writing its pipe sleep beyond SIGKILL.
   */
  relayedPipe(direction: 'input' | 'output'): { readonly ours: number; readonly theirs: number };
  /**
   * Calls `listener` with the number of each real-time signal that this process gets, from SIGRTMIN (34) on, until the
   * function that it returns is called. One listener at a time.
   */
  onRealtimeSignals(listener: (signal: number) => void): () => void;
  /** A close-on-exec descriptor of a process, pidfd_open(2). Throws with errno, ESRCH for one that is gone. */
  pidfdOpen(pid: number): number;
  /** Which mount is uppermost at a path: STATX_MNT_ID of statx(2). Throws with errno. */
  topMount(path: string): number;
  /** Detaches what is mounted at a path above that mount, with all below it; nothing, or no such path, is fine. Throws with errno. */
  detachAbove(path: string, before: number): void;
  /** pidfd_send_signal(2). Throws with errno, ESRCH when the process has ended. */
  pidfdSignal(fd: number, signal: number): void;
  /**
   * Calls back once, when the process has ended.
   * @returns a function that gives the waiting up, to be called before the end only
   */
  pidfdWatch(fd: number, onEnd: () => void): () => void;
  /** A listening AF_UNIX SOCK_SEQPACKET socket bound to `path`, of any length; close-on-exec. Throws with errno. */
  listenPackets(path: string): number;
  /**
   * Connects to the AF_UNIX SOCK_SEQPACKET socket at `path`, of any length. `onMessage` gets every packet, `onClose` fires
   * once, when the other end has closed. Throws with errno.
   */
  connectPackets(path: string, onMessage: ChannelListener, onClose: () => void): NativeChannel;
  /** A connection to the AF_UNIX stream socket at `path`, of any length; close-on-exec. Throws with errno. */
  connectStream(path: string): number;
  /** Sends a text over a connected AF_UNIX stream socket, with a descriptor: SCM_RIGHTS, unix(7). Throws with errno. */
  sendDescriptor(socket: number, text: string, fd: number): void;
  /** sched_setaffinity(2) for this thread, and so for what it starts. Throws with errno. */
  setCpuAffinity(mask: Uint8Array): void;
  /** setxattr(2). Throws with errno. */
  setXattr(path: string, name: string, value: string): void;
  /** getxattr(2) of a value of at most 256 bytes; null: there is no such attribute, or no such file. Throws with errno. */
  getXattr(path: string, name: string): string | null;
  /** A read-only detached mount of a file as a descriptor that can be executed and not written (root), else null. */
  sealedView(path: string): number | null;
  /**
   * Reads small files whole, one after the other in this order: see read-files.ts.
   *
   * @param paths with a NUL behind each
   * @returns the contents one behind the other, a character for each byte, where each ends, and what it is: 0: not there, or it
   *   cannot be read; 1: ASCII; 2: other bytes too
   */
  readFiles(paths: string): { readonly content: string; readonly ends: Uint32Array; readonly kinds: Uint8Array };
  /** openat2(2) below `root` with RESOLVE_IN_ROOT, NO_MAGICLINKS. Throws with errno. */
  openInRoot(root: number, path: string, how: 'path' | 'path-nofollow' | 'read' | 'directory'): number;
  /** Reads at most `max` bytes of a regular file below `root`; opened O_NONBLOCK, anything but a regular file is EINVAL, a larger one EFBIG. */
  readInRoot(root: number, path: string, max: number): Buffer;
  /** Reads at most `length` bytes from `offset` on of a regular file below `root`; fewer at its end. */
  readPartInRoot(root: number, path: string, offset: number, length: number): Buffer;
  /** What stands at `path` below `root`, a final symbolic link not followed. */
  statInRoot(root: number, path: string): StatInRoot;
  /** The target of a symbolic link below `root`, as bytes; EINVAL: it is no link. */
  readlinkInRoot(root: number, path: string): Buffer;
  /** At most `max` names of a directory below `root`, as bytes with a NUL behind each. */
  listInRoot(root: number, path: string, max: number): Buffer;
  /** Sends the plan through the C++ decoder and its encoder: the contract test compares the bytes. Throws where the decoder refuses. */
  roundTripPlan(plan: Uint8Array): Buffer;
  /**
   * What the resolver says to a question, for the contract tests: a message; `null`: nothing; a number: so many servers are to be asked.
   *
   * @param names the file of names; throws where the resolver refuses it
   * @param client address of who asks; throws where the file has no such client
   * @param turn which of several addresses comes first
   */
  answerQuestion(
    names: string,
    client: string,
    query: Uint8Array,
    transport: 'udp' | 'tcp',
    turn: number,
  ): Buffer | number | null;
  /** The question as a server is asked it, with another id; null: it is none. */
  forwardQuestion(query: Uint8Array, id: number): Buffer | null;
  /** What who asked hears of a server's answer to that; null: it is no answer to that. */
  passOnAnswer(query: Uint8Array, id: number, answer: Uint8Array, transport: 'udp' | 'tcp'): Buffer | null;
  /** Compiles a filter with libseccomp. */
  compileSeccomp(filter: SeccompFilter): CompiledSeccomp;
  /** SECCOMP_FILTER_FLAG_ bits that the kernel takes, and which of the SCMP_ARCH_ names libseccomp knows. */
  seccompSupport(architectures: readonly string[]): {
    readonly flags: number;
    readonly architectures: readonly string[];
  };
  /** libseccomp's version, for `tsrun version`. */
  seccompVersion(): string;
  /** SHA-256: 32 bytes. */
  sha256(bytes: Uint8Array): Buffer;
  /** getrandom(2). */
  randomBytes(size: number): Buffer;
  /** isatty(3). */
  isTerminal(fd: number): boolean;
  /** _exit(2). Nothing of Node's is flushed, run or put back. */
  leave(status: number): never;
  /** A streaming decompressor that runs in the thread pool. */
  createDecompressor(format: 'gzip' | 'zstd' | 'xz' | 'bzip2'): NativeDecompressor;
  /**
   * The other way about: `run` with `last` is called until it leaves output unfilled.
   *
   * @param level of gzip 0 to 3, as ISA-L counts; of zstd 1 to 19
   */
  createCompressor(format: 'gzip' | 'zstd', level: number): NativeDecompressor;
  /** CRC-32 of RFC 1952 of what `before` is the checksum of (0: nothing) and these bytes behind it. */
  crc32(before: number, bytes: Uint8Array): number;
  /** Memory that this process fills and another one reads. */
  createSharedMemory(size: number): SharedMemory;
}

export interface StatInRoot {
  /** st_mode, with the file's type. */
  readonly mode: number;
  /** Owners as this process sees them, not as the container does. */
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Whether its mount forbids execution. */
  readonly noexec: boolean;
  /** The attribute security.capability: struct vfs_cap_data of capability.h. */
  readonly capabilities: Buffer | null;
}

export interface NativeDecompressor {
  /**
   * Decodes from `input` into `output` until one of them is used up. Output that is full may not be all: go on with what is left
   * of the input, which may be nothing. `last` tells that no more input comes; truncated input then rejects. Concatenated members
   * are read on. One call at a time; neither buffer may change meanwhile.
   */
  run(
    input: Uint8Array,
    output: Uint8Array,
    last: boolean,
  ): Promise<{ readonly consumed: number; readonly produced: number }>;
}

export interface SharedMemory {
  readonly bytes: Buffer;
  /** For the other process: read-only, closed on exec unless handed on. The caller closes it. */
  readonly fd: number;
  /** Frees what it holds, before the garbage collector would; what is left reads as zeros. To be called while `bytes` is still held. */
  release(): void;
}

export interface CompiledSeccomp {
  /** struct sock_filter array, 8 bytes each. */
  readonly program: Buffer;
  /** By SCMP_ARCH_ name: the highest system call number that the filter names; below 0: none. */
  readonly highest: Readonly<Record<string, number>>;
  /** Names that this libseccomp does not know; they are not in the filter. */
  readonly unknown: readonly string[];
}

let loaded: NativeAddon | undefined;

/** The addon when something has used it, else null. */
export const loadedAddon = (): NativeAddon | null => loaded ?? null;

/**
 * The addon, loaded once.
 * @throws TsrunError HOST_UNSUPPORTED when it was not built.
 */
export function addon(): NativeAddon {
  if (loaded === undefined) {
    // What require() does in the end, without looking for packages on the way.
    const module = { exports: {} as NativeAddon };
    // eslint-disable-next-line no-restricted-properties -- this is the one place
    process.dlopen(module, nativeArtefact('tsrun.node'));
    loaded = module.exports;
  }
  return loaded;
}
