import type { TarMember } from '../../../archive/tar/pack-tar.js';
import { isByteName } from '../../../disk/paths/byte-names.js';
import { ImageError } from '../../../errors.js';
import { readMessage, writeMessage } from './protobuf.js';
import type { Method } from './session.js';

/** The files of a build. */
export interface BuildFiles {
  readonly members: readonly TarMember[];
  /** Name of the member with the Dockerfile. */
  readonly dockerfile: string;
  /** Members of further contexts, by the name of their folder in requests. */
  readonly folders?: ReadonlyMap<string, readonly TarMember[]>;
  /** Names of members that are read, and are not in the context. */
  readonly hidden: ReadonlySet<string>;
  /** Called with an error of reading a file: BuildKit only tells that there was one. */
  readonly onError: (error: unknown) => void;
}

/** Types of packets, and the fields of a packet and of a stat in it (fsutil, types/wire.proto and types/stat.proto). */
const Type = { stat: 0, request: 1, data: 2, end: 3, error: 4 } as const;
const Packet = { type: 1, stat: 2, id: 3, data: 4 } as const;
const Stat = { path: 1, mode: 2, uid: 3, gid: 4, size: 5, modified: 6, link: 7 } as const;
/** Bits of a mode that say what a file is (Go, io/fs, FileMode). */
const MODES = { file: 0, directory: 2 ** 31, symlink: 2 ** 27 } as const;
/** Nanoseconds in a second. */
const SECOND = 1_000_000_000;

/**
 * The method by which BuildKit takes the Dockerfile and the context (BuildKit, session/filesync, DiffCopy): all stats, then the
 * content of the files that it requests. It asks for rules that leave files out first, and gets none, since they are left out
 * already.
 */
export function fileSync({
  members,
  folders = new Map(),
  dockerfile,
  hidden,
  onError,
}: BuildFiles): Method {
  const isRead = ({ name }: TarMember) => name === dockerfile;
  return async function* (calls, headers) {
    const name = String(headers['dir-name']);
    const folder = folders.get(name);
    const isContext = name === 'context';
    const isRules = (isContext || folder) && headers['followpaths'] === '.dockerignore';
    const own =
      folder ?? members.filter((each) => (isContext ? !hidden.has(each.name) : isRead(each)));
    const wanted = isRules ? [] : own;
    try {
      yield* send(inOrder(wanted), calls);
    } catch (error) {
      onError(error);
      throw error;
    }
  };
}

async function* send(
  entries: readonly TarMember[],
  calls: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  for (const entry of entries) yield writeMessage({ [Packet.stat]: statOf(entry) });
  yield writeMessage({ [Packet.type]: Type.stat });
  for await (const call of calls) {
    const { type, id, data } = parse(call);
    if (type === Type.end) {
      yield writeMessage({ [Packet.type]: Type.end });
      return;
    }
    if (type === Type.error) throw new RangeError(`BuildKit refuses the context: ${data}`);
    const entry = type === Type.request ? entries[id] : undefined;
    if (!entry) continue;
    const packet = { [Packet.type]: Type.data, [Packet.id]: id };
    for await (const chunk of entry.read ? wholeContent(entry, entry.read) : entry.open())
      yield writeMessage({ ...packet, [Packet.data]: chunk });
    // An empty packet ends the file.
    yield writeMessage(packet);
  }
}

function wholeContent({ size }: TarMember, read: (into: Uint8Array) => void): Uint8Array[] {
  const content = Buffer.allocUnsafe(size);
  read(content);
  return size === 0 ? [] : [content];
}

/** Go's form of permission bits: those of set-ID and the sticky bit are elsewhere (`io/fs.FileMode`). */
function modeOf(mode: number): number {
  const special = [
    [0o4000, 1 << 23],
    [0o2000, 1 << 22],
    [0o1000, 1 << 20],
  ] as const;
  return special.reduce((all, [bit, go]) => all + (mode & bit ? go : 0), mode & 0o777);
}

function statOf({ name, size, mode = 0o644, type = 'file', linkname, ...rest }: TarMember): Buffer {
  if (isByteName(name) || isByteName(linkname ?? ''))
    throw new ImageError(
      'UNSUPPORTED',
      `${JSON.stringify(name)}: BuildKit takes no name that is not UTF-8`,
      {
        hint: 'Rename the file, or leave it out of the context.',
      },
    );
  return writeMessage({
    [Stat.path]: name,
    [Stat.mode]: MODES[type] + modeOf(mode),
    [Stat.uid]: rest.uid ?? 0,
    [Stat.gid]: rest.gid ?? 0,
    [Stat.size]: size,
    [Stat.modified]: (rest.mtime ?? 0) * SECOND,
    ...(linkname === undefined ? {} : { [Stat.link]: linkname }),
  });
}

/** With the folders above each member, in the order of a walk: by the parts of a path, each compared by its bytes. */
function inOrder(members: readonly TarMember[]): readonly TarMember[] {
  const all = new Map<string, TarMember>();
  for (const member of members) {
    const name = member.name.replace(/\/$/, '');
    all.set(name, { ...member, name });
    for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
      const folder = name.slice(0, end);
      if (!all.has(folder))
        all.set(folder, { name: folder, size: 0, type: 'directory', mode: 0o755, open: () => [] });
    }
  }
  const keyed = [...all.values()].map((member) => ({
    member,
    key: Buffer.from(member.name.replaceAll('/', '\0')),
  }));
  return keyed.sort((one, other) => Buffer.compare(one.key, other.key)).map(({ member }) => member);
}

function parse(call: Uint8Array) {
  let [type, id, data] = [0, 0, ''];
  for (const { number, value } of readMessage(call)) {
    if (typeof value !== 'bigint')
      data = number === Packet.data ? Buffer.from(value).toString() : data;
    else if (number === Packet.type) type = Number(value);
    else if (number === Packet.id) id = Number(value);
  }
  return { type, id, data };
}
