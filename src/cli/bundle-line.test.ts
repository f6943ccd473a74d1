import { describe, expect, it } from 'vitest';
import { namesBundle, ociLine } from './bundle-line.ts';
import { Session } from './session.ts';

describe('a line with --bundle', () => {
  it.each([
    ['run', '--bundle /b web'],
    ['create', '--bundle=/b web'],
    ['run', '-b /b web'],
    ['create', '--pid-file /p --no-pivot --bundle /b web'],
    ['run', '--pid-file=/p -d --bundle /b web'],
  ])('%s %s is the OCI runtime’s', (verb, line) => {
    expect(namesBundle(verb, line.split(' '))).toBe(true);
  });
  it.each([
    ['run', 'alpine tool --bundle x'],
    ['run', '--rm alpine --bundle x'],
    ['run', '--pid-file --bundle web'],
    ['run', '-d alpine'],
    ['run', ''],
    ['load', '--bundle x'],
  ])('%s %s is not', (verb, line) => {
    expect(namesBundle(verb, line.split(' '))).toBe(false);
  });
  it('takes the state directory and --debug along', () => {
    const session = new Session();
    expect(ociLine(['create', 'c'], session)).toEqual(['create', 'c']);
    session.root = '/run/mine';
    session.debug = true;
    expect(ociLine(['create', 'c'], session)).toEqual(['--root', '/run/mine/oci', '--debug', 'create', 'c']);
  });
});
