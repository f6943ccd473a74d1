/** Versions of what the native part is linked with. */
import { addon } from '../native/addon.ts';

/** libseccomp's version, or null when the native part is not built or does not load. */
export function seccompVersion(): string | null {
  try {
    return addon().seccompVersion();
  } catch {
    return null;
  }
}
