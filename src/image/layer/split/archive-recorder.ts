/** Notes what an archive is made of while its layer is unpacked. */

export interface ArchiveRecorder {
  /** Bytes that no file of the layer will hold. */
  raw(bytes: Buffer): void;
  /** The file that the next data belong to, by its plain path; each call counts one, as the workbench counts. */
  file(path: string, size: number): void;
  /** Data of that file. The buffer changes once this has returned. */
  data(offset: number, bytes: Buffer): void;
}

/** For trees that no archive is asked of again. */
export const recordNothing: ArchiveRecorder = { raw: () => undefined, file: () => undefined, data: () => undefined };
