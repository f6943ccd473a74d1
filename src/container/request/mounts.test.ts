import { describe, expect, test } from 'vitest';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { parseMount } from './mount.ts';
import { parseMountOption } from './mount-options.ts';
import type { MountRequest, VolumeName, VolumeRequest } from './run-request.ts';
import { parseTmpfs } from './tmpfs.ts';
import { parseVolume } from './volume.ts';

const bind = (changes: Partial<Extract<MountRequest, { type: 'bind' }>>): MountRequest => ({
  type: 'bind',
  source: '/a',
  target: '/b',
  access: 'rw',
  propagation: 'private',
  recursive: true,
  missingSource: 'create',
  ...changes,
});
const named = (changes: Partial<VolumeRequest>): VolumeRequest => ({
  type: 'volume',
  name: 'data' as VolumeName,
  target: '/b',
  access: 'rw',
  subpath: '',
  copyUp: true,
  labels: {},
  driverOptions: {},
  ...changes,
});
const volume = (text: string): MountRequest => parseVolume(text, '/home/me', '-v');
const mount = (text: string): MountRequest => parseMount(text, '/home/me', '--mount');

function refusal(parse: () => unknown): string {
  try {
    return `accepted: ${JSON.stringify(parse())}`;
  } catch (error) {
    if (!(error instanceof TsrunError)) throw error;
    return `${error.code}: ${error.message} / ${error.why} / ${error.hint}`;
  }
}

describe('-v', () => {
  test.each<[string, MountRequest]>([
    ['/a:/b', bind({})],
    ['/a:/b:rw', bind({})],
    ['/a/:/b/', bind({ source: '/a' })],
    ['./src:/src', bind({ source: '/home/me/src', target: '/src' })],
    ['.:/src', bind({ source: '/home/me', target: '/src' })],
    ['../x:/b', bind({ source: '/home/x' })],
    ['/a:/b:rro', bind({ access: 'rro' })],
    ['/a:/b:ro,z', bind({ access: 'rro' })],
    ['/a:/b:rslave,ro', bind({ access: 'rro', propagation: 'slave' })],
    ['/a:/b:shared', bind({ propagation: 'shared' })],
    ['/a:/b:bind', bind({ recursive: false })],
    ['/a:/b/../c', bind({ target: '/c' })],
  ])('%s', (text, expected) => {
    expect(volume(text)).toEqual(expected);
  });

  test.each<[string, MountRequest]>([
    ['data:/b', named({})],
    ['data:/b/', named({})],
    ['data:/b:ro', named({ access: 'ro' })],
    ['data:/b:rw,z,nocopy', named({ copyUp: false })],
    ['0.x-y_z:/b', named({ name: '0.x-y_z' as VolumeName })],
    ['/b', named({ name: null })],
    ['/b/./c', named({ name: null, target: '/b/c' })],
  ])('%s is a volume', (text, expected) => {
    expect(volume(text)).toEqual(expected);
  });

  test('read-only covers the mounts below, as in docker since 25', () => {
    expect(volume('/a:/b:ro')).toEqual(bind({ access: 'rro' }));
  });

  test.each([
    [
      'd:/b',
      'USAGE: invalid value "d:/b" for -v / "d" is no name of a volume: two or more of letters, digits, _ . - that begin with a letter or digit / for a directory of the host write its path: ./d',
    ],
    ['a/b:/b', '"a/b" is no name of a volume'],
    ['-x:/b', '"-x" is no name of a volume'],
    [`${'x'.repeat(256)}:/b`, 'the name of the volume is longer than 255 characters'],
    ['data:/', 'nothing can be mounted over the root'],
    ['data:b', 'the path inside the container, "b", is not absolute'],
    ['data:/b:rslave', '"rslave" is about a bind, and this is a volume'],
    ['data:/b:rbind', '"rbind" is about a bind'],
    ['data:/b:readonly', '"readonly" is not an option of a volume / they are ro, rw and nocopy'],
    ['data:/b:ro,rw', '"ro" and "rw" contradict each other'],
    ['data:/b:ro,ro', '"ro" is said twice'],
    ['/', 'nothing can be mounted over the root'],
    ['data', 'there is no path inside the container'],
    [':/b', 'the source is empty'],
    ['/a:', 'the path inside the container is empty'],
    ['/a:b', 'the path inside the container, "b", is not absolute'],
    ['/a:/', 'nothing can be mounted over the root'],
    ['/a:/b/..', 'nothing can be mounted over the root'],
    ['/a:/b:ro:x', 'it has more than two colons'],
    ['/a:/b:readonly', 'is not an option of a bind'],
    ['/a:/b:rslav', 'did you mean "rslave"?'],
    ['/a:/b:nocopy', 'nocopy is about a volume, and this is a bind'],
    ['~/a:/b', 'write "$HOME/..."'],
    ['/a:/b:constructor', '"constructor" is not an option of a bind'],
  ])('%s is refused', (text, expected) => {
    expect(refusal(() => volume(text))).toContain(expected);
  });
});

describe('--mount', () => {
  test.each<[string, MountRequest]>([
    ['type=bind,source=/a,target=/b', bind({ missingSource: 'refuse' })],
    ['type=bind,src=x,dst=/b,readonly', bind({ source: '/home/me/x', access: 'rro', missingSource: 'refuse' })],
    ['type=bind,src=/a,destination=/b,ro=false', bind({ missingSource: 'refuse' })],
    ['type=bind,"source=/a,b",target=/b', bind({ source: '/a,b', missingSource: 'refuse' })],
    ['type=bind,src=/a,dst=/b,bind-propagation=rslave', bind({ propagation: 'slave', missingSource: 'refuse' })],
    ['type=bind,src=/a,dst=/b,ro,bind-recursive=writable', bind({ access: 'ro', missingSource: 'refuse' })],
    ['type=bind,src=/a,dst=/b,bind-recursive=disabled', bind({ recursive: false, missingSource: 'refuse' })],
    ['type=bind,src=/a,dst=/b,bind-nonrecursive', bind({ recursive: false, missingSource: 'refuse' })],
    ['type=bind,src=/a,dst=/b,bind-create-src', bind({})],
  ])('%s', (text, expected) => {
    expect(mount(text)).toEqual(expected);
  });

  test('a tmpfs with size and mode', () => {
    expect(mount('type=tmpfs,dst=/b,tmpfs-size=1m,tmpfs-mode=1770,ro')).toMatchObject({
      type: 'tmpfs',
      target: '/b',
      parameters: ['size=1048576', 'mode=1770'],
      attributes: { readonly: true, noexec: true },
    });
  });

  test.each<[string, MountRequest]>([
    ['type=volume,source=data,target=/b', named({})],
    ['source=data,target=/b', named({})],
    ['type=volume,target=/b', named({ name: null })],
    ['type=volume,src=data,dst=/b,readonly,volume-nocopy', named({ access: 'ro', copyUp: false })],
    ['src=data,dst=/b,volume-label=a=1,volume-label=b', named({ labels: { a: '1', b: '' } })],
    [
      'src=data,dst=/b,volume-driver=local,volume-opt=type=none,volume-opt=o=bind,volume-opt=device=/x',
      named({ driverOptions: { type: 'none', o: 'bind', device: '/x' } }),
    ],
    ['source=data,target=/b,volume-subpath=a/./b/', named({ subpath: 'a/b', copyUp: false })],
  ])('%s is a volume', (text, expected) => {
    expect(mount(text)).toEqual(expected);
  });

  test.each([
    ['source=/a,target=/b', '"/a" is a path, and a volume has a name / for a directory say type=bind'],
    ['type=volume,source=a,target=/b', '"a" is no name of a volume'],
    ['source=data,target=/b,bind-propagation=rslave', 'bind-propagation does not go with type=volume / say type=bind'],
    ['source=data,target=/b,volume-driver=nfs', 'there is no volume driver "nfs"'],
    ['source=data,target=/b,volume-opt=type=tmpfs', 'a tmpfs lives as long as it is mounted'],
    ['source=data,target=/b,volume-subpath=/x', 'the part "/x" is no path inside of the volume'],
    ['source=data,target=/b,volume-subpath=a/../../x', 'is no path inside of the volume'],
    ['source=data,target=/b,volume-subpath=', 'is no path inside of the volume'],
    ['type=image,source=x,target=/b', 'NOT_YET'],
    ['type=bnd,source=/a,target=/b', 'did you mean "bind"?'],
    ['type=bind,source=/a', 'there is no target'],
    ['type=bind,target=/b', 'there is no source'],
    ['type=bind,source=/a,target=/b,tmpfs-size=1m', 'tmpfs-size does not go with type=bind'],
    ['type=tmpfs,source=/a,target=/b', 'source does not go with type=tmpfs'],
    ['type=bind,sorce=/a,target=/b', 'did you mean "source"?'],
    ['type=bind,source=/a,src=/b,target=/b', 'source is given twice'],
    ['type=bind,source,target=/b', 'source has no value'],
    ['type=bind,source=/a,target=/b,ro=maybe', 'it is neither true nor false'],
    ['type=bind,"source=/a,target=/b', 'a double quote is not closed'],
    ['type=tmpfs,target=/b,tmpfs-mode=999', '"999" is no value for mode'],
    ['type=bind,source=/a,target=/b,bind-recursive=readonly', 'needs readonly'],
    ['type=bind,source=/a,target=/b,volume-nocopy', 'volume-nocopy does not go with type=bind'],
    ['type=constructor,target=/b', 'it can be volume, bind or tmpfs'],
    ['__proto__=1', 'is not a key of a mount'],
  ])('%s is refused', (text, expected) => {
    expect(refusal(() => mount(text))).toContain(expected);
  });

  test('an object means the same as the string', () => {
    const object = parseMountOption(
      { type: 'bind', source: 'a,"b', target: '/b', readOnly: true },
      '/home/me',
      'mounts',
    );
    expect(object).toEqual(bind({ source: '/home/me/a,"b', access: 'rro', missingSource: 'refuse' }));
    expect(
      parseMountOption({ type: 'tmpfs', target: '/t', size: 4096, mode: 0o700, exec: true }, '/', 'mounts'),
    ).toMatchObject({
      parameters: ['size=4096', 'mode=700'],
      attributes: { noexec: false },
    });
  });
});

describe('--tmpfs', () => {
  test('the defaults are nosuid, nodev and noexec', () => {
    expect(parseTmpfs('/run', '--tmpfs')).toEqual({
      type: 'tmpfs',
      target: '/run',
      attributes: {
        readonly: false,
        nosuid: true,
        nodev: true,
        noexec: true,
        atime: 'relatime',
        nodiratime: false,
        nosymfollow: false,
      },
      parameters: [],
      copyUp: false,
    });
  });

  test('options change attributes and parameters', () => {
    expect(parseTmpfs('/run:exec,suid,size=64m,uid=7,nr_inodes=1k,tmpcopyup', '--tmpfs')).toMatchObject({
      attributes: { noexec: false, nosuid: false, nodev: true },
      parameters: ['size=67108864', 'uid=7', 'nr_inodes=1k'],
      copyUp: true,
    });
  });

  test('a size may be a share of the memory', () => {
    expect(parseTmpfs('/run:size=50%', '--tmpfs')).toMatchObject({ parameters: ['size=50%'] });
  });

  test.each([
    ['run', 'is not absolute'],
    ['/run:sise=1m', 'did you mean "size"?'],
    ['/run:size=x', 'a size is a positive number'],
    ['/run:noexe', 'did you mean "noexec"?'],
    ['/run:mode=rwx', '"rwx" is no value for mode'],
    ['/run:uid=1,huge=always', '"huge" is not an option of tmpfs'],
  ])('%s is refused', (text, expected) => {
    expect(refusal(() => parseTmpfs(text, '--tmpfs'))).toContain(expected);
  });
});
