import { afterAll, expect } from 'vitest';
import { archive, pax, rawDirectory, rawFile } from '../../rootfs-fixtures/layers/raw-tar.ts';
import { makeHome } from '../support/home.ts';
import { applyOne, listTree } from '../support/layers.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

const stolen = ['opaque', 'redirect', 'metacopy', 'origin', 'overlay.opaque', 'whiteouts', 'data-redirect'];
const policy = ['security.selinux', 'security.ima', 'security.evm', 'security.apparmor', 'security.SMACK64'];

requires('subuid', 'program-python3')(
  'a layer cannot speak to overlayfs or to the security policy of the host',
  async () => {
    const names = [...stolen.flatMap((name) => [`trusted.overlay.${name}`, `user.overlay.${name}`]), ...policy];
    const records = Object.fromEntries(names.map((name) => [`SCHILY.xattr.${name}`, 'y']));
    const bytes = archive(
      pax({ ...records, 'SCHILY.xattr.user.mine': 'v' }),
      rawFile('f', 'x'),
      pax({ ...records, 'LIBARCHIVE.xattr.trusted.overlay.opaque': 'eQ==' }),
      rawDirectory('d'),
    );
    const tree = listTree((await applyOne(home.path, bytes)).target);
    expect(tree['f']?.xattrs).toEqual({ 'user.mine': '76' });
    expect(tree['d']).not.toHaveProperty('xattrs');
  },
);
