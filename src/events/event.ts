/** One event as a line of the file `events`: docker's JSON. docs/events.md describes it; native/monitor/events.cc writes it too. */

/** Before it has a time. */
export interface NewEvent {
  readonly type: 'container' | 'image' | 'volume';
  /** `start`, `die`, `health_status: healthy`, `mount`, ... */
  readonly action: string;
  /** The container's, the image's, the volume's name; '' of `prune`, which is about many. */
  readonly id: string;
  /** `name`, `image`, the labels, and what belongs to the action. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** docker's word for what the commands did that remove what is not used. @param freed bytes */
export const pruneEvent = (type: NewEvent['type'], freed: number): NewEvent => ({
  type,
  action: 'prune',
  id: '',
  attributes: { reclaimed: String(freed) },
});

export interface Event extends NewEvent {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
}

/** A line is written by one write(2), and no longer than this. */
export const maxLine = 4096;
/** Bytes of a container's own attributes; what an action adds has room beside them. */
const maxAttributes = 3072;
/** Of exec_create, which has the whole command in it. */
const maxAction = 512;

/**
 * @param now milliseconds since 1970
 */
export function encodeEvent({ type, action, id, attributes }: NewEvent, now: number): string {
  const [seconds, nanoseconds] = [Math.floor(now / 1000), `${Math.floor(now)}000000`];
  const head = `{"Type":"${type}","Action":${JSON.stringify(cut(action))},"Actor":{"ID":${JSON.stringify(id)}`;
  return `${head},"Attributes":{${attributeMembers(attributes)}}},"scope":"local","time":${seconds},"timeNano":${nanoseconds}}\n`;
}

/** The members of a JSON object, without its braces. Those that do not fit are left out, the last first. */
export function attributeMembers(attributes: Readonly<Record<string, string>>): string {
  let text = '';
  for (const [key, value] of Object.entries(attributes)) {
    const member = `${text === '' ? '' : ','}${JSON.stringify(key)}:${JSON.stringify(value)}`;
    if (Buffer.byteLength(text) + Buffer.byteLength(member) <= maxAttributes) text += member;
  }
  return text;
}

const cut = (action: string): string => (action.length > maxAction ? `${action.slice(0, maxAction)}…` : action);

/** null: not a whole line of ours. A write that the disk cut short leaves its beginning in front of the next line. */
export function parseEvent(line: string): Event | null {
  const begin = line.lastIndexOf('{"Type":"');
  // A number of nanoseconds is larger than what JavaScript counts exactly.
  const nanoseconds = /"timeNano":(\d{1,20})\}$/.exec(line)?.[1];
  if (begin === -1 || nanoseconds === undefined) return null;
  try {
    const value = JSON.parse(line.slice(begin)) as {
      readonly Type: NewEvent['type'];
      readonly Action: string;
      readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
    };
    const { Type: type, Action: action, Actor } = value;
    return { type, action, id: Actor.ID, attributes: Actor.Attributes, time: BigInt(nanoseconds) };
  } catch {
    return null;
  }
}
