import { packTar, type TarMember } from '../archive/pack-tar.js';
import type { CopyYaml } from '../definition/image-schema.js';
import type { Descriptor } from '../oci/descriptor.js';
import { MediaType } from '../oci/media-types.js';
import type { CallOptions, Open } from '../transfer/store.js';
import { Meter } from '../transfer/tap.js';
import { joinPath, type EntryAt } from './base/image-tree.js';
import { LayerMembers, type CopyOptions } from './base/layer-members.js';
import { readContextFile, type ContextFile } from './context.js';
import { copiedFiles, type CopiedFiles } from './copied-files.js';

export interface Layer {
  /** Uncompressed, so its digest is also its diff ID. */
  readonly descriptor: Descriptor;
  readonly open: Open;
}

export interface LayerOptions extends CallOptions {
  readonly copy: readonly CopyYaml[];
  readonly files: readonly ContextFile[];
  readonly context: string;
  /** The entries of the base; absent for `scratch`. */
  readonly base?: EntryAt | undefined;
  /** Absolute path of the working directory; created if nothing is there, as WORKDIR does. */
  readonly workdir?: string | undefined;
  /** Modification time of every member, in seconds since 1970. */
  readonly mtime: number;
}

/**
 * Makes one layer of files for a base, with Docker's rules for COPY. Members are sorted by path, so equal files on equal
 * bases give the same digest on every machine. The files are read twice: once for the digest, once when the layer is sent.
 *
 * @throws ImageError NOT_FOUND, USAGE, UNSUPPORTED (a name that layers reserve for whiteouts), CONFLICT (two files for one
 *   path, a file for a folder of the base or the reverse, a loop of links in the base, or a file replaced during the build)
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

function layerMembers({ copy, files, context, workdir, mtime, base }: LayerOptions): TarMember[] {
  const members = new LayerMembers({ base, context, mtime });
  for (const item of copy) addCopy(members, copiedFiles(item, files, context));
  if (workdir !== undefined) members.ensureFolder(workdir);
  return members.sorted();
}

function addCopy(
  members: LayerMembers,
  { item: { to, owner, mode }, isFolder, files }: CopiedFiles,
): void {
  const options = {
    ...ownershipOf(owner),
    ...(mode === undefined ? {} : { mode: parseInt(mode, 8) }),
  };
  if (!isFolder) {
    for (const file of files) {
      const path = members.fileTarget(to, file.relative);
      members.addFile(path, { ...fileMember(file), ...options }, options);
    }
    return;
  }
  const top = members.folderTarget(to);
  for (const file of files) {
    const path = members.place(joinPath(top, file.relative), file.type === 'directory');
    if (file.type === 'directory') members.addFolder(path, options);
    else members.addFile(path, { ...fileMember(file), ...optionsFor(file, options) }, options);
  }
  members.addFolders(top, options);
}

function fileMember(file: ContextFile): Omit<TarMember, 'name'> {
  return file.type === 'symlink'
    ? { size: 0, type: 'symlink', mode: 0o777, linkname: file.link ?? '', open: () => [] }
    : { size: file.size, mode: file.mode, open: () => readContextFile(file) };
}

/** The mode of a link means nothing, so it is always the same. */
function optionsFor({ type }: ContextFile, { mode, ...owner }: CopyOptions): CopyOptions {
  return type === 'symlink' || mode === undefined ? owner : { ...owner, mode };
}

function ownershipOf(owner: string | undefined): CopyOptions {
  if (owner === undefined) return {};
  const [uid = '0', gid = uid] = owner.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
