/** What is known of a volume beside its files: `volume.json`, the last thing that is written when one is made. */
export interface VolumeRecord {
  readonly version: 1;
  /** RFC 3339. */
  readonly created: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the driver, as they were given and checked. */
  readonly options: Readonly<Record<string, string>>;
}

/** docker's mark of a volume that nobody gave a name. */
export const anonymousLabel = 'com.docker.volume.anonymous';

export const isAnonymous = ({ labels }: VolumeRecord): boolean => Object.hasOwn(labels, anonymousLabel);

/** null: not a whole record, or not of this version. */
export function parseVolumeRecord(text: string): VolumeRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value) || value['version'] !== 1) return null;
  const { created, labels, options } = value;
  if (typeof created !== 'string' || !isTexts(labels) || !isTexts(options)) return null;
  return { version: 1, created, labels, options };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isTexts = (value: unknown): value is Readonly<Record<string, string>> =>
  isObject(value) && Object.values(value).every((text) => typeof text === 'string');
