/**
 * The one error class for the user's world: what failed, why, and what to do about it.
 *
 * Programmer errors stay plain `Error`: they are printed with a stack trace and exit code 70.
 */

/** A stable, machine-readable name for each kind of failure. The exit code of each is in cli/exit-code.ts. */
export type ErrorCode =
  /** The command line or an option is wrong. */
  | 'USAGE'
  /** A word of the command line is missing, or there is one too many, or no such command. */
  | 'WORDS'
  /** Nothing at that path, and no stored image of that name. */
  | 'IMAGE_NOT_FOUND'
  /** A bundle's config.json, or a document of the same kind, is not what the runtime-spec says. */
  | 'CONFIG_INVALID'
  /** The image argument fits several images; the hint lists them. */
  | 'IMAGE_AMBIGUOUS'
  /** The image is damaged or is not what it says it is. */
  | 'IMAGE_INVALID'
  /** The image is fine but tsrun does not read this kind. */
  | 'IMAGE_UNSUPPORTED'
  /** The image is not for this platform. */
  | 'IMAGE_PLATFORM'
  /** The image is in use and cannot be removed. */
  | 'IMAGE_IN_USE'
  /** A size or entry limit was reached while reading an image. */
  | 'IMAGE_TOO_LARGE'
  /** A registry cannot be reached, or does not do what a registry does. */
  | 'REGISTRY'
  /** A registry wants to know who is asking, or does not allow it. */
  | 'REGISTRY_DENIED'
  /** The store cannot be read or written (disk full, permissions). */
  | 'STORE'
  /** A container of that name exists. */
  | 'NAME_IN_USE'
  /** No such container. */
  | 'CONTAINER_NOT_FOUND'
  /** The beginning of an id fits several containers; the hint lists them. */
  | 'CONTAINER_AMBIGUOUS'
  /** The container is not in a state for this: it runs, or it does not. */
  | 'CONTAINER_STATE'
  /** No such volume. */
  | 'VOLUME_NOT_FOUND'
  /** A container has the volume. */
  | 'VOLUME_IN_USE'
  /** A volume of that name exists and is another one. */
  | 'VOLUME_EXISTS'
  /** No such network. */
  | 'NETWORK_NOT_FOUND'
  /** A network of that name exists, or one that overlaps with the wanted subnet. */
  | 'NETWORK_EXISTS'
  /** Containers are connected with the network. */
  | 'NETWORK_IN_USE'
  /** A plugin of the Container Network Interface refused, or failed. */
  | 'NETWORK_PLUGIN'
  /** Somebody has the address. */
  | 'ADDRESS_IN_USE'
  /** Somebody listens on the host's port. */
  | 'PORT_IN_USE'
  /** Files of a container could not be read, or not be put where they were to go. */
  | 'COPY_FAILED'
  /** A limit cannot be enforced on this host. */
  | 'LIMIT_UNAVAILABLE'
  /** This host cannot do what was asked (kernel, privileges, missing program). */
  | 'HOST_UNSUPPORTED'
  /** A kernel step of the plan failed. */
  | 'STEP_FAILED'
  /** The command was not found in the image. */
  | 'COMMAND_NOT_FOUND'
  /** The command was found and cannot be executed, or not in its working directory. */
  | 'COMMAND_NOT_EXECUTABLE'
  /** The user or group does not exist in the image. */
  | 'USER_NOT_FOUND'
  /** The monitor was killed under a running container. */
  | 'MONITOR_LOST'
  /** A container wrote more than `result()` keeps. */
  | 'OUTPUT_TOO_LARGE'
  /** The caller's AbortSignal fired. */
  | 'ABORTED'
  /** A flag that is recognised and not built yet. */
  | 'NOT_YET';

/** The parts of a {@link TsrunError} beside its code and message. */
export interface TsrunErrorParts {
  /** Second line: the reason, as close to the kernel's or the document's words as is useful. */
  readonly why?: string;
  /** Third line: what the reader can do. */
  readonly hint?: string;
  /** The error underneath, kept for `--debug` and for code. */
  readonly cause?: unknown;
}

/**
 * An error that belongs to the user's world.
 *
 * `message` says what failed, in lower case and without a full stop, operands in double quotes.
 *
 * @example
 * throw new TsrunError('IMAGE_NOT_FOUND', 'cannot find the image "alpne.tar"', {
 *   why: 'there is no such file, and no stored image has that name',
 *   hint: 'did you mean "alpine.tar"?',
 * });
 */
export class TsrunError extends Error {
  /** Tells it from other errors where classes are not the same one. */
  override readonly name = 'TsrunError';
  /** Which kind of failure it is; stable. */
  readonly code: ErrorCode;
  /** The reason; null where the message has it. */
  readonly why: string | null;
  /** What to do; null where nobody knows better. */
  readonly hint: string | null;

  constructor(code: ErrorCode, message: string, parts: TsrunErrorParts = {}) {
    super(cut(message), parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    this.why = parts.why === undefined ? null : cut(parts.why);
    this.hint = parts.hint === undefined ? null : cut(parts.hint);
  }
}

/** An image's documents have megabytes, and errors quote them. */
const longest = 2000;

const cut = (text: string): string => (text.length <= longest ? text : `${text.slice(0, longest)}...`);
