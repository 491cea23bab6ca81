import type { TarMember } from '../archive/tar/pack-tar.js';
import { spoolTar, type SpooledTar } from '../archive/spool-tar.js';
import type { CopyYaml } from '../definition/image-schema.js';
import type { Descriptor } from '../oci/descriptor.js';
import { MediaType } from '../oci/media-types.js';
import type { CallOptions } from '../transfer/store.js';
import { Meter } from '../transfer/tap.js';
import { joinPath, type EntryAt } from './base/image-tree.js';
import { LayerMembers, type CopyOptions, type LayerMember } from './base/layer-members.js';
import { copiedFiles, type CopiedFiles } from './context/copied-files.js';
import { contentOfFile, spooledBytes, type ContextFile } from './source-files/context-file.js';

/** Dispose it when the layer is not read any more. */
export interface Layer extends SpooledTar {
  /** Uncompressed, so its digest is also its diff ID. */
  readonly descriptor: Descriptor;
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
  /** Folder for a temporary file with the small files of the layer. */
  readonly spoolFolder: string;
}

/**
 * Makes one layer of files for a base, with Docker's rules for COPY. Members are sorted by path, so equal files on equal
 * bases give the same digest on every machine. Small files are read once; large ones twice, for the digest and when the layer is sent.
 *
 * @throws ImageError NOT_FOUND, USAGE, UNSUPPORTED (a name that layers reserve for whiteouts), CONFLICT (two files for one
 *   path, a file for a folder of the base or the reverse, a loop of links in the base, or a file replaced during the build)
 */
export async function makeLayer(options: LayerOptions): Promise<Layer> {
  const { spoolFolder: folder, signal } = options;
  const meter = new Meter();
  const onBytes = (chunk: Uint8Array): void => meter.add(chunk);
  const members = layerMembers(options);
  const expected = members.reduce((sum, { file }) => sum + spooledBytes(file), 0);
  const tar = await spoolTar(withContent(members), { folder, expected, onBytes, signal });
  return {
    ...tar,
    descriptor: { mediaType: MediaType.layer, digest: meter.digest(), size: meter.size },
  };
}

function layerMembers({ copy, files, context, workdir, mtime, base }: LayerOptions): LayerMember[] {
  const members = new LayerMembers({ base, context, mtime });
  for (const item of copy) addCopy(members, copiedFiles(item, files, context));
  if (workdir !== undefined) members.ensureFolder(workdir);
  return members.sorted();
}

/** Makes the members of the tar one by one, so that only one of many is in memory. */
function* withContent(members: readonly LayerMember[]): Iterable<TarMember> {
  for (const { name, size, type, mode, uid, gid, mtime, linkname, file } of members) {
    const { open, read }: Content = file ? contentOfFile(file) : { open: () => [] };
    // No spread: V8 makes long-lived objects of many.
    yield { name, size, type, mode, uid, gid, mtime, linkname, open, read };
  }
}

type Content = Pick<TarMember, 'open' | 'read'>;

function addCopy(
  members: LayerMembers,
  { item: { to, owner, mode }, isFolder, files, nameOf }: CopiedFiles,
): void {
  const options = {
    ...ownershipOf(owner),
    ...(mode === undefined ? {} : { mode: parseInt(mode, 8) }),
  };
  if (!isFolder) {
    for (const file of files) {
      const path = members.fileTarget(to, nameOf(file));
      members.addFile(path, { ...fileMember(file), ...options }, options);
    }
    return;
  }
  const top = members.folderTarget(to);
  for (const file of files) {
    const path = members.place(joinPath(top, nameOf(file)), file.type === 'directory');
    if (file.type === 'directory') members.addFolder(path, options);
    else members.addFile(path, { ...fileMember(file), ...optionsFor(file, options) }, options);
  }
  members.addFolders(top, options);
}

function fileMember(file: ContextFile): Omit<LayerMember, 'name'> {
  return file.type === 'symlink'
    ? { size: 0, type: 'symlink', mode: 0o777, linkname: file.link ?? '' }
    : { size: file.size, mode: file.mode, file };
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
