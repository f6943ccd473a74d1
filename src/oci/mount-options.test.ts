import { describe, expect, it } from 'vitest';
import { attributeOptions, defaultAttributes, parseMountOptions } from './mount-options.ts';

describe('mount options', () => {
  it('of this mount and of those below are told apart', () => {
    const parsed = parseMountOptions(['rbind', 'ro', 'rnosuid', 'rnoexec']);
    expect(parsed).toMatchObject({ bind: 'tree', said: ['ro'], attributes: { readonly: true, nosuid: false } });
    expect(parsed.recursive).toEqual({
      attributes: { ...defaultAttributes, nosuid: true, noexec: true },
      said: ['nosuid', 'noexec'],
    });
  });
  it('all 19 recursive words of the spec are understood', () => {
    const words = [
      ...['rro', 'rrw', 'rnosuid', 'rsuid', 'rnodev', 'rdev', 'rnoexec', 'rexec', 'rnodiratime', 'rdiratime'],
      ...['rrelatime', 'rnorelatime', 'rnoatime', 'ratime', 'rstrictatime', 'rnostrictatime'],
      ...['rnosymfollow', 'rsymfollow'],
    ];
    for (const word of words) {
      expect([word, parseMountOptions([word]).recursive?.said.length, parseMountOptions([word]).parameters]).toEqual([
        word,
        1,
        [],
      ]);
    }
    expect(parseMountOptions(['ridmap']).idmap).toBe('tree');
  });
  it('relatime is a word of its own and not "elatime below"', () => {
    expect(parseMountOptions(['relatime'])).toMatchObject({ said: ['atime'], recursive: null, parameters: [] });
  });
  it('that come later win', () => {
    expect(parseMountOptions(['ro', 'rw']).attributes.readonly).toBe(false);
    expect(parseMountOptions(['nosuid', 'noatime', 'defaults'])).toMatchObject({
      attributes: { nosuid: false },
      said: ['atime'],
    });
    expect(parseMountOptions(['rslave', 'private'])).toMatchObject({
      propagation: 'private',
      propagationReach: 'this',
    });
  });
  it('that are not known are the filesystem’s parameters', () => {
    const options = ['mode=755', 'size=64k', 'newinstance', 'sync', 'async', 'silent', 'rw', ''];
    expect(parseMountOptions(options).parameters).toEqual(['mode=755', 'size=64k', 'newinstance', 'sync']);
  });
  it('copy up only when told', () => {
    expect(parseMountOptions(['tmpcopyup'])).toMatchObject({ copyUp: true, parameters: [] });
    expect(parseMountOptions([]).copyUp).toBe(false);
  });
  it('of attributes read back as the same attributes', () => {
    const attributes = { ...defaultAttributes, readonly: true, noexec: true, atime: 'noatime' as const };
    expect(parseMountOptions(attributeOptions(attributes)).attributes).toEqual(attributes);
    expect(attributeOptions(defaultAttributes)).toEqual([]);
  });
});
