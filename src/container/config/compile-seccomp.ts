/** From `linux.seccomp` to the bytes that the kernel takes. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { addon, type CompiledSeccomp } from '../../native/addon.ts';
import { withEnosysStub } from '../../oci/seccomp/enosys-stub.ts';
import { type SeccompFilter, seccompFilter, seccompFlags } from '../../oci/seccomp/filter.ts';
import type { OciSeccomp } from '../../oci/seccomp/seccomp.ts';
import { readCachedProgram, seccompCacheKey, writeCachedProgram } from './seccomp-cache.ts';

export interface SeccompProgram {
  /** struct sock_filter array, 8 bytes each. */
  readonly program: Uint8Array;
  /** SECCOMP_FILTER_FLAG_ bits. */
  readonly flags: number;
  /** Compiling makes none: whoever has a config.json with one adds it. */
  readonly listener: null;
}

/**
 * Compiles a filter, or takes it from the cache: libseccomp needs some 15 ms for the default profile, reading 0.1.
 *
 * @param cacheDirectory absolute; made when missing. A cache that cannot be read or written costs time and nothing else.
 * @throws TsrunError HOST_UNSUPPORTED when libseccomp refuses.
 */
export function compileSeccomp(seccomp: OciSeccomp, cacheDirectory: string): SeccompProgram {
  const flags = seccompFlags(seccomp);
  const filter = seccompFilter(seccomp);
  const key = seccompCacheKey(filter, addon().seccompVersion());
  const cached = readCachedProgram(cacheDirectory, key);
  if (cached !== null) return { program: cached, flags, listener: null };
  const program = compile(filter);
  writeCachedProgram(cacheDirectory, key, program);
  return { program, flags, listener: null };
}

/** The ENOSYS stub only makes sense in front of a filter that refuses what it does not name. */
function compile(filter: SeccompFilter): Uint8Array {
  const { program, highest } = withLibseccomp(filter);
  const refuses = filter.defaultAction < 0x7ffc_0000; // below SECCOMP_RET_LOG and SECCOMP_RET_ALLOW
  return refuses ? withEnosysStub(program, highest) : program;
}

/** An architecture of another byte order, one that this libseccomp does not know, more rules than a filter holds. */
function withLibseccomp(filter: SeccompFilter): CompiledSeccomp {
  try {
    return addon().compileSeccomp(filter);
  } catch (cause) {
    throw new TsrunError('HOST_UNSUPPORTED', 'cannot compile linux.seccomp', {
      why: `${(cause as Error).message} (libseccomp ${addon().seccompVersion()})`,
      cause,
    });
  }
}
