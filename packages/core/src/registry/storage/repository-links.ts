import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { makeFolder, writeAtomically, type FolderOptions } from '../../disk/atomic-write.js';
import { inside } from '../../disk/paths/inside.js';
import { withoutAnnotations, parseDescriptor, type Descriptor } from '../../oci/descriptor.js';
import { parseDigest, type Digest } from '../../oci/digest.js';
import { parseJsonObject } from '../../oci/json.js';
import type { StoredManifest } from '../hosted.js';
import { blobLink, manifestLink, referrerLink, tagLink } from './registry-paths.js';
import type { Space } from './quota/quota.js';
import type { Quotas } from './quota/quotas.js';
import { makeLink } from './links.js';
import { ParsedFiles } from './parsed-files.js';
import { partialFolder } from '../../store/paths.js';

/** Marks the digest of a tag that was copied from the upstream registry. */
const MIRRORED_SUFFIX = ' mirrored';

/** Maximum length of a media type (RFC 6838), in characters. */
const MAX_TYPE_CHARACTERS = 255;

/** The manifest of a tag, and whether the tag was copied from an upstream registry. */
export interface TaggedManifest {
  readonly digest: Digest;
  readonly isMirrored: boolean;
}

/** The small files of a registry's repositories: which blobs, manifests, referrers and tags each has. */
export class RepositoryLinks {
  readonly #root: string;
  readonly #quotas: Quotas;
  readonly #folders: FolderOptions;
  readonly #manifests = new ParsedFiles(parseManifestLink);
  readonly #tags = new ParsedFiles(parseTag);

  constructor(root: string, quotas: Quotas) {
    this.#root = root;
    this.#quotas = quotas;
    this.#folders = { privateTo: root };
  }

  /** A manifest of a repository; undefined when it has none of that digest. */
  manifest(repository: string, digest: Digest): StoredManifest | undefined {
    return this.#manifests.read(manifestLink(this.#root, repository, digest));
  }

  /** Writes a manifest's link, its blob link and the link from its subject. @throws ImageError NO_SPACE */
  async writeManifest(
    repository: string,
    { descriptor, subject, children }: StoredManifest,
  ): Promise<void> {
    const { digest } = descriptor;
    const space = this.#quotas.of(repository);
    await this.addBlob(repository, digest);
    const link = JSON.stringify({ descriptor: linkDescriptor(descriptor), subject, children });
    await this.#write(manifestLink(this.#root, repository, digest), link, space);
    if (subject)
      await this.#addLink(referrerLink(this.#root, repository, { subject, digest }), space);
  }

  /** Adds a blob to a repository. */
  addBlob(repository: string, digest: Digest): Promise<void> {
    return this.#addLink(blobLink(this.#root, repository, digest), this.#quotas.of(repository));
  }

  /** Reads a tag; undefined when it does not exist. */
  tagged(repository: string, tag: string): TaggedManifest | undefined {
    return this.#tags.read(tagLink(this.#root, repository, tag));
  }

  /** @throws ImageError NO_SPACE */
  writeTag(repository: string, tag: string, { digest, isMirrored }: TaggedManifest): Promise<void> {
    return this.#write(
      tagLink(this.#root, repository, tag),
      isMirrored ? `${digest}${MIRRORED_SUFFIX}` : digest,
      this.#quotas.of(repository),
    );
  }

  /** The temporary file is in another folder, so a folder of tags contains only tags. */
  async #write(path: string, text: string, space: Space): Promise<void> {
    await space.admit();
    const partial = inside(partialFolder(this.#root), randomBytes(8).toString('hex'));
    space.addFolders(await makeFolder(dirname(path), this.#folders));
    space.addFile(text.length);
    await writeAtomically(path, [Buffer.from(text)], { partial, ...this.#folders });
  }

  async #addLink(path: string, space: Space): Promise<void> {
    space.addFolders(await makeLink(path, this.#folders));
    space.addFile(0);
  }
}

function parseManifestLink(bytes: Buffer, path: string): StoredManifest {
  const { descriptor, subject, children } = parseJsonObject(bytes, path);
  return {
    descriptor: linkDescriptor(parseDescriptor(descriptor, path)),
    children: Array.isArray(children) ? children.map(parseDigest) : [],
    ...(subject === undefined ? {} : { subject: parseDigest(subject) }),
  };
}

function parseTag(bytes: Buffer): TaggedManifest {
  const text = bytes.toString();
  const isMirrored = text.endsWith(MIRRORED_SUFFIX);
  return {
    digest: parseDigest(isMirrored ? text.slice(0, -MIRRORED_SUFFIX.length) : text),
    isMirrored,
  };
}

/** Drops annotations and long artifact types: links must stay small, as all links of a repository are read at once. */
function linkDescriptor({ artifactType, ...descriptor }: Descriptor): Descriptor {
  const isShort = artifactType !== undefined && artifactType.length <= MAX_TYPE_CHARACTERS;
  return { ...withoutAnnotations(descriptor), ...(isShort ? { artifactType } : {}) };
}
