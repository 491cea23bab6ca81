import { packTar, type TarMember } from '../archive/pack-tar.js';
import type { CopyYaml } from '../definition/image-schema.js';
import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { MediaType } from '../oci/media-types.js';
import type { CallOptions, Open } from '../transfer/store.js';
import { Meter } from '../transfer/tap.js';
import { contextPath, readContextFile, selectFiles, type ContextFile } from './context.js';

export interface Layer {
  /** Uncompressed, so its digest is also its diff ID. */
  readonly descriptor: Descriptor;
  readonly open: Open;
}

export interface LayerOptions extends CallOptions {
  readonly copy: readonly CopyYaml[];
  readonly files: readonly ContextFile[];
  readonly context: string;
  /** Modification time of every member, in seconds since 1970. */
  readonly mtime: number;
}

/** Usual modes of folders that are not 0755: a layer that contains them must not change the base's mode. */
const FOLDER_MODES: Readonly<Record<string, number>> = {
  tmp: 0o1777,
  'var/tmp': 0o1777,
  root: 0o700,
};

/**
 * Makes one layer of files. Members are sorted by path, so equal files give the same digest on every machine. The
 * files are read twice: once for the digest, once when the layer is sent.
 *
 * @throws ImageError NOT_FOUND, USAGE, CONFLICT (two files for one path, or a file replaced during the build)
 */
export async function makeLayer(options: LayerOptions): Promise<Layer> {
  const members = layerMembers(options);
  const open = (): ReturnType<Open> => packTar(members);
  const meter = new Meter();
  for await (const chunk of open()) {
    options.signal?.throwIfAborted();
    meter.add(chunk);
  }
  return {
    descriptor: { mediaType: MediaType.layer, digest: meter.digest(), size: meter.size },
    open,
  };
}

function layerMembers({ copy, files, context, mtime }: LayerOptions): TarMember[] {
  const members = new Map<string, TarMember>();
  for (const item of copy) {
    for (const member of copyMembers(item, files, context)) {
      const before = members.get(member.name);
      if (before && !(before.type === 'directory' && member.type === 'directory')) {
        throw duplicateTarget(member.name, context);
      }
      members.set(member.name, { ...member, mtime });
    }
  }
  for (const name of [...members.keys()]) {
    for (const parent of parentsOf(name)) {
      if (members.has(parent)) throw duplicateTarget(parent, context);
      if (!members.has(`${parent}/`))
        members.set(`${parent}/`, { ...folderMember(parent, {}), mtime });
    }
  }
  return [...members.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function duplicateTarget(name: string, location: string): ImageError {
  return new ImageError('CONFLICT', `copy: expected one source for /${name}, got two`, {
    location,
  });
}

interface Ownership {
  readonly uid?: number;
  readonly gid?: number;
}

function copyMembers(
  { from, to, owner, mode }: CopyYaml,
  files: readonly ContextFile[],
  context: string,
): TarMember[] {
  if (!to.startsWith('/'))
    throw new ImageError('USAGE', `copy.to: expected an absolute path, got ${JSON.stringify(to)}`, {
      location: context,
    });
  const ownership = ownershipOf(owner);
  const base = contextPath(from);
  return selectFiles(files, from, context).flatMap((file) => {
    const isOne = file.path === base && file.type !== 'directory';
    const relative = isOne
      ? to.endsWith('/')
        ? file.path.slice(file.path.lastIndexOf('/') + 1)
        : ''
      : file.path.slice(base.length);
    const name = normalizeTarget(`${to}/${relative}`);
    if (name === '') return [];
    if (file.type === 'directory') return [folderMember(name, ownership)];
    const bits = mode === undefined ? file.mode : parseInt(mode, 8);
    if (file.type === 'symlink')
      return [
        {
          name,
          size: 0,
          type: 'symlink' as const,
          mode: 0o777,
          linkname: file.link ?? '',
          open: () => [],
          ...ownership,
        },
      ];
    return [
      {
        name,
        size: file.size,
        mode: bits,
        open: () => readContextFile(file),
        ...ownership,
      },
    ];
  });
}

function folderMember(path: string, ownership: Ownership): TarMember {
  return {
    name: `${path}/`,
    size: 0,
    type: 'directory',
    mode: FOLDER_MODES[path] ?? 0o755,
    open: () => [],
    ...ownership,
  };
}

function ownershipOf(owner: string | undefined): Ownership {
  if (owner === undefined) return {};
  const [uid = '0', gid = uid] = owner.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

function normalizeTarget(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..'))
    throw new ImageError(
      'USAGE',
      `copy.to: expected a path without "..", got ${JSON.stringify(path)}`,
    );
  return parts.join('/');
}

function parentsOf(name: string): string[] {
  const parts = name.replace(/\/$/, '').split('/').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}
