/** `mounts` of config.json: runtime-spec config.md#mounts. */
import type { OciMount } from '../config.ts';
import { parseMountOptions } from '../mount-options.ts';
import { list, may, need, object, type Parser, someText, text } from './combinators.ts';
import { idMappings } from './id-mappings.ts';
import { fail, inside, type Place } from './place.ts';

const mountFields = object<OciMount>({
  destination: need(someText),
  type: may(text),
  source: may(text),
  options: may(list(text)),
  uidMappings: may(idMappings),
  gidMappings: may(idMappings),
});

/** A relative destination is one below /, as in runc; specifications after 1.0 deprecate it. */
const mount: Parser<OciMount> = (value, at) => {
  const given = mountFields(value, at);
  const { type = '', ...rest } = given;
  const destination = given.destination.startsWith('/') ? given.destination : `/${given.destination}`;
  // What Go writes for a field that nobody set is no type.
  const result: OciMount = { ...rest, destination, ...(type === '' ? {} : { type }) };
  checkKind(result, at);
  return result;
};

function checkKind(mount: OciMount, at: Place): void {
  const options = parseMountOptions(mount.options ?? []);
  const isBind = options.bind !== null || mount.type === 'bind';
  if (isBind) {
    // A remount changes what is there, wherever it is from.
    if ((mount.source ?? '') === '' && !options.remount)
      fail(inside(at, 'source'), 'is missing: a bind mount needs one', '');
  } else if (mount.type === undefined && !options.remount) {
    fail(inside(at, 'type'), 'is missing', 'only a bind mount needs no type: its options name "bind" or "rbind"');
  }
  if (options.subpath !== '' && (!isBind || options.remount)) {
    fail(inside(at, 'options'), 'name a part of the source (X-mount.subdir), and only a bind mount has parts', '');
  }
  if (options.namespace !== '' && (!isBind || options.remount)) {
    fail(
      inside(at, 'options'),
      'name a mount namespace of the source, and only a bind mount has its source in one',
      '',
    );
  }
  const { uidMappings: uids = [], gidMappings: gids = [] } = mount;
  const idMapped = options.idmap !== null || uids.length > 0 || gids.length > 0;
  if (!idMapped) return;
  if (options.remount) fail(at, 'has id mappings, and a remount cannot change them', '');
  if (!isBind) fail(at, 'has id mappings, and only a bind mount can', '');
  if (uids.length > 0 && gids.length === 0) fail(inside(at, 'gidMappings'), 'is missing: uidMappings is there', '');
  if (gids.length > 0 && uids.length === 0) fail(inside(at, 'uidMappings'), 'is missing: gidMappings is there', '');
}

export const mounts = list(mount);
