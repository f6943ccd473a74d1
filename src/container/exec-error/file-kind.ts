/** What a file is that is neither ELF nor a script, by its first bytes. */

const starts = (bytes: Uint8Array, ...prefix: readonly number[]): boolean =>
  prefix.every((byte, index) => bytes[index] === byte);

interface Kind {
  readonly matches: (start: Uint8Array) => boolean;
  /** Goes on after the file's name. */
  readonly text: string;
  readonly hint: string | null;
}

const kinds: readonly Kind[] = [
  {
    matches: (b) => b.length === 0,
    text: 'is an empty file',
    hint: 'the build of the image may have failed to fill it',
  },
  {
    matches: (b) => starts(b, 0xef, 0xbb, 0xbf, 0x23, 0x21),
    text: 'begins with a byte order mark, so the kernel does not see its "#!"',
    hint: 'save the script as UTF-8 without byte order mark',
  },
  {
    matches: (b) => starts(b, 0xff, 0xfe) || starts(b, 0xfe, 0xff),
    text: 'is a text in UTF-16',
    hint: 'save the script as UTF-8 without byte order mark',
  },
  {
    matches: (b) => starts(b, 0x4d, 0x5a),
    text: 'is a program for Windows (PE)',
    hint: 'build it for Linux, for example while the image is built',
  },
  {
    // A Java class has the same magic; what follows is its version, 45 or more, where Mach-O counts architectures.
    matches: (b) => starts(b, 0xca, 0xfe, 0xba, 0xbe) && ((b[6] ?? 0) << 8) + (b[7] ?? 0) >= 45,
    text: 'is a Java class file',
    hint: 'start it with java',
  },
  {
    matches: (b) =>
      starts(b, 0xcf, 0xfa, 0xed, 0xfe) ||
      starts(b, 0xce, 0xfa, 0xed, 0xfe) ||
      starts(b, 0xfe, 0xed, 0xfa) ||
      starts(b, 0xca, 0xfe, 0xba, 0xbe),
    text: 'is a program for macOS (Mach-O)',
    hint: 'build it for Linux, for example while the image is built',
  },
  {
    matches: (b) => starts(b, 0x00, 0x61, 0x73, 0x6d),
    text: 'is a WebAssembly module',
    hint: 'start it with a runtime for it',
  },
  { matches: (b) => starts(b, 0x50, 0x4b, 3, 4), text: 'is a zip or jar file', hint: 'start a jar with java -jar' },
  {
    matches: (b) => starts(b, 0x1f, 0x8b),
    text: 'is compressed with gzip',
    hint: 'unpack it when the image is built',
  },
  { matches: isText, text: 'is a text without a "#!" line', hint: null },
];

/** Printable UTF-8 or Latin text, as far as the first bytes tell. */
function isText(start: Uint8Array): boolean {
  return start.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0x1b);
}

export interface FileKind {
  readonly text: string;
  readonly hint: string | null;
  /** A script that a shell would run. */
  readonly isText: boolean;
}

export function fileKind(start: Uint8Array): FileKind {
  const kind = kinds.find(({ matches }) => matches(start));
  if (kind === undefined) return { text: 'is neither an ELF program nor a script', hint: null, isText: false };
  return { text: kind.text, hint: kind.hint, isText: kind.matches === isText };
}
