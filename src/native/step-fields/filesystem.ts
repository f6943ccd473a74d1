/** Fields of init's steps about mounts and files: native/plan/filesystem.h. */
import type { AttributeChange, AttributeFlag, FilesystemStep, MountAttributes } from '../../plan/plan.ts';
import type { ByteWriter } from '../byte-writer.ts';
import { demand, type FieldWriters, nothing, reach } from './terms.ts';

const inherited = { nothing: 0, mode: 1, content: 2 } as const;
const atime = { relatime: 0, noatime: 1, strictatime: 2 } as const;
const propagation = { private: 0, slave: 1, shared: 2, unbindable: 3 } as const;
const procInstance = { new: 0, host: 1 } as const;
const deviceType = { char: 0, block: 1, fifo: 2 } as const;
const deviceHow = { mknod: 0, bind: 1 } as const;

/** MOUNT_ATTR_ of linux/mount.h; the access time is a field of several bits, to be cleared before it is set. */
const attributeBits: Readonly<Record<AttributeFlag, number>> = {
  readonly: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  nodiratime: 0x80,
  nosymfollow: 0x20_0000,
};
const atimeMask = 0x70;
const atimeBits = { relatime: 0, noatime: 0x10, strictatime: 0x20 } as const;

export const filesystemFields: FieldWriters<FilesystemStep> = {
  'open-path': (w, step) => w.u32(step.slot).string(step.path),
  'root-propagation': (w, step) =>
    w
      .flag(step.root === 'container')
      .u8(propagation[step.propagation])
      .u8(reach[step.reach]),
  'proc-handle': (w, step) => w.u8(procInstance[step.instance]),
  overlay: (w, step) => {
    w.list(step.lower, (slot) => w.u32(slot));
    w.u32(step.upper)
      .u32(step.work)
      .u32(step.at)
      .string(step.target)
      .flag(step.nodev)
      .flag(step.userxattr)
      .flag(step.volatile);
  },
  'rootfs-bind': (w, step) => w.u32(step.source).u32(step.at).string(step.target).flag(step.nodev),
  mount: (w, step) => {
    w.string(step.filesystem).string(step.source).string(step.target);
    writeAttributes(w, step.attributes);
    w.strings(step.parameters).u8(inherited[step.inherits]).string(step.label);
    w.flag(step.propagation !== null)
      .u8(propagation[step.propagation ?? 'private'])
      .u8(demand[step.demand]);
  },
  remount: (w, step) => {
    w.string(step.target);
    writeChanges(w, step.changes);
    w.strings(step.parameters);
    w.flag(step.propagation !== null)
      .u8(propagation[step.propagation ?? 'private'])
      .u8(reach[step.propagationReach])
      .u8(demand[step.demand]);
  },
  bind: (w, step) => {
    w.flag(step.source.from === 'slot');
    w.u32(step.source.from === 'slot' ? step.source.slot : 0);
    w.string(step.source.from === 'path' ? step.source.path : '')
      .string(step.source.from === 'path' ? step.source.subpath : '')
      .string(step.target)
      .u8(reach[step.reach]);
    writeChanges(w, step.changes);
    w.u8(propagation[step.propagation]).u8(reach[step.propagationReach]).u8(demand[step.demand]);
  },
  device: (w, step) => {
    w.string(step.path).u8(deviceType[step.type]).u32(step.major).u32(step.minor).u32(step.mode);
    w.u32(step.uid).u32(step.gid).u8(deviceHow[step.how]).string(step.source);
  },
  symlink: (w, step) => w.string(step.target).string(step.path),
  directory: (w, step) => w.string(step.path).u32(step.mode).u32(step.uid).u32(step.gid),
  'mask-path': (w, step) => w.string(step.path),
  'readonly-path': (w, step) => w.string(step.path),
  chroot: (w, step) => w.flag(step.oldRoot === 'read-only'),
  'pivot-root': nothing,
  'root-readonly': nothing,
};

function writeAttributes(w: ByteWriter, a: MountAttributes): void {
  w.flag(a.readonly).flag(a.nosuid).flag(a.nodev).flag(a.noexec).flag(a.nodiratime).flag(a.nosymfollow);
  w.u8(atime[a.atime]);
}

const bitsOfFlags = (flags: readonly AttributeFlag[]): number =>
  flags.reduce((bits, flag) => bits | attributeBits[flag], 0);

function writeChanges(w: ByteWriter, changes: readonly AttributeChange[]): void {
  w.list(changes, (change) => {
    const set = bitsOfFlags(change.set) | (change.atime === null ? 0 : atimeBits[change.atime]);
    const clear = bitsOfFlags(change.clear) | (change.atime === null ? 0 : atimeMask);
    w.u8(reach[change.reach]).u64(BigInt(set)).u64(BigInt(clear));
  });
}
