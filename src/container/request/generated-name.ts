/** Names for containers that nobody named: an adjective and a noun that are easy to say and to type. */
import type { ContainerName } from './run-request.ts';

const adjectives = (
  'agile amber brave brisk calm candid clever coral cosy crisp curious daring dusty eager early fair fancy fluent fresh gentle ' +
  'glad golden happy hazy honest humble ivory jolly keen kind lively lucid lucky mellow merry mild mighty misty modest neat ' +
  'nimble noble olive patient plain plucky polite proud quick quiet rapid ready rosy royal rustic sandy serene sharp shiny ' +
  'silent silver simple smart smooth snowy solid steady still sunny swift tidy vivid warm wise witty'
).split(' ');

const nouns = (
  'acorn anchor badger beacon birch bison breeze brook canoe canyon cedar cloud clover comet copper cove crane creek dune ' +
  'ember falcon fern finch fjord forest fox garnet glacier grove harbour hare hawk hazel heron hill island ivy jasper kestrel ' +
  'kettle lagoon lantern lark lemon lynx maple marble marten meadow mill moss oak ocean orchard otter owl pebble pine plum ' +
  'pond poplar puffin quartz raven reef ridge river robin sail sparrow spruce stone stork summit swan thistle tulip valley ' +
  'walnut willow wren'
).split(' ');

/**
 * A name that is not taken.
 *
 * @param isTaken asked until it says no; after some tries a number is added, so this ends.
 * @example generateName((name) => existing.has(name)) // 'brisk_otter'
 */
export function generateName(isTaken: (name: ContainerName) => boolean): ContainerName {
  for (let attempt = 0; ; attempt += 1) {
    const words = `${pick(adjectives)}_${pick(nouns)}`;
    const name = (attempt < 8 ? words : `${words}${attempt - 7}`) as ContainerName;
    if (!isTaken(name)) return name;
  }
}

// Names are no secrets, and loading node:crypto would cost every run some milliseconds.
const pick = (words: readonly string[]): string => words[Math.floor(Math.random() * words.length)] ?? 'plain';
