/** Id mappings: what the kernel would refuse with a bare EINVAL, said beforehand. user_namespaces(7). */
import type { OciIdMapping } from '../id-mapping.ts';
import { integer, list, need, object, type Parser, uint32 } from './combinators.ts';
import { fail, inside, type Place } from './place.ts';

/** UID_GID_MAP_MAX_EXTENTS of include/linux/user_namespace.h, since Linux 4.15. */
const mostLines = 340;

/** Ids are below 2^32 - 1, which means "none". */
const idsEnd = 2 ** 32 - 1;

const line: Parser<OciIdMapping> = object<OciIdMapping>({
  containerID: need(uint32),
  hostID: need(uint32),
  size: need(integer(1, idsEnd)),
});

const lines = list(line);

/** A list that can be written to uid_map or gid_map. */
export const idMappings: Parser<readonly OciIdMapping[]> = (value, at) => {
  // Before anything is looked at: there may be any number.
  if (Array.isArray(value) && value.length > mostLines) {
    fail(
      at,
      `has ${value.length} mappings, and the kernel takes at most ${mostLines}`,
      'join neighboring ranges into one',
    );
  }
  const mappings = lines(value, at);
  for (const side of ['containerID', 'hostID'] as const) checkRanges(mappings, side, at);
  return mappings;
};

function checkRanges(mappings: readonly OciIdMapping[], side: 'containerID' | 'hostID', at: Place): void {
  const ranges = mappings.map((mapping, index) => ({ from: mapping[side], end: mapping[side] + mapping.size, index }));
  for (const { from, end, index } of ranges) {
    if (end > idsEnd)
      fail(inside(at, index), `maps ids up to ${end - 1} (${side} ${from}), and the highest is ${idsEnd - 1}`, '');
  }
  ranges.sort((a, b) => a.from - b.from || a.index - b.index);
  for (const [place, range] of ranges.entries()) {
    const before = ranges[place - 1];
    if (before === undefined || range.from >= before.end) continue;
    const [first, second] = before.index < range.index ? [before, range] : [range, before];
    fail(inside(at, second.index), `overlaps [${first.index}]: both have ${side} ${range.from}`, '');
  }
}
