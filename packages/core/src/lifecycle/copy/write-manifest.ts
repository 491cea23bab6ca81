import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { findSums, openParts } from '../../archive/split-archive.js';
import { writeAtomically } from '../../disk/atomic-write.js';
import { userAgent } from '../../distribution/transport/user-agent.js';
import { ImageError } from '../../errors.js';
import { absolutePath, type DestinationLocation, type FileLocation } from '../../location.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { hexOf, type Digest } from '../../oci/digest.js';
import { parseJsonObject } from '../../oci/json.js';
import { amount } from '../../page/html.js';
import { printable } from '../../printable.js';
import { isLocated } from '../../transfer/extent.js';
import { imagesOf, sizeOf, type Graph } from '../../transfer/graph/graph.js';
import type { Source } from '../../transfer/store.js';
import { Meter } from '../../transfer/tap.js';
import { budgetFor, walk } from '../../transfer/graph/walk.js';
import { option, wording } from '../../wording.js';
import type { VerbOptions } from '../workspace/call.js';
import { openIn } from '../workspace/inputs/open-in.js';
import type { Workspace } from '../workspace/workspace.js';
import {
  MANIFEST_SUFFIX,
  MANIFEST_TEXT_SUFFIX,
  type ManifestFile,
  type ManifestImage,
  type TransferManifest,
} from './transfer-manifest.js';

/** An image that was written, and where it came from. */
export interface WrittenImage {
  readonly source: string;
  readonly digest: Digest;
}

/** Checks that a destination can have a manifest beside it. @throws ImageError USAGE */
export function requireManifestPlace(
  location: DestinationLocation | undefined,
): asserts location is FileLocation {
  if (location?.kind === 'archive' || location?.kind === 'layout') return;
  throw new ImageError(
    'USAGE',
    wording`${option('manifest')}: it is written beside an archive or a folder, and ${location === undefined ? 'there is no output' : `${location.text} is neither`}`,
  );
}

/**
 * Writes the manifest of an archive or layout beside it, as JSON and as text. It lists what is there now: the location is
 * read back.
 *
 * @param written the images that were just written; others were there before.
 */
export async function writeTransferManifest(
  workspace: Workspace,
  location: DestinationLocation | undefined,
  written: readonly WrittenImage[],
  options: VerbOptions & { readonly cwd: string },
): Promise<void> {
  requireManifestPlace(location);
  const { cwd } = options;
  const path = absolutePath(location.path, { ...workspace, cwd });
  const place = { kind: location.kind, text: location.path, path: location.path };
  const engine = () => Promise.reject(new TypeError('no engine holds an archive'));
  const { source } = await openIn(workspace, place, { cwd, engine, signal: options.signal });
  await using opened = source;
  const files = location.kind === 'layout' ? [] : await filesOf(path);
  const manifest: TransferManifest = {
    manifestVersion: 1,
    tool: userAgent().replace('/', ' '),
    name: basename(path),
    files,
    images: await imagesIn(opened, files, written),
  };
  const json = `${JSON.stringify(manifest, null, 2)}\n`;
  await writeAtomically(path + MANIFEST_SUFFIX, [Buffer.from(json)]);
  await writeAtomically(path + MANIFEST_TEXT_SUFFIX, [Buffer.from(manifestText(manifest))]);
}

/** The file of an archive, or its parts, with their checksums. */
export async function filesOf(path: string): Promise<ManifestFile[]> {
  const sums = await findSums(path);
  if (sums === undefined) {
    const meter = new Meter();
    let size = 0;
    for await (const chunk of meter.through(createReadStream(path))) size += chunk.byteLength;
    return [{ name: basename(path), size, sha256: hexOf(meter.digest()) }];
  }
  const { parts, files } = await openParts(sums);
  await using open = files;
  return parts.map((part, at) => ({
    name: basename(part.path),
    size: open.sizes[at] ?? 0,
    sha256: part.sha256,
  }));
}

async function imagesIn(
  source: Source,
  files: readonly ManifestFile[],
  written: readonly WrittenImage[],
): Promise<ManifestImage[]> {
  const sources = new Map(written.map(({ digest, source: from }) => [digest, from]));
  const images: ManifestImage[] = [];
  const budget = budgetFor(source);
  for await (const { descriptor, reference } of source.list()) {
    const graph = await walk(source, descriptor, { missing: 'report', budget });
    images.push({
      source: sources.get(descriptor.digest) ?? null,
      reference: reference ?? null,
      digest: descriptor.digest,
      size: sizeOf(graph),
      created: createdOf(graph),
      files: await filesWith(source, graph.nodes, files),
    });
  }
  return images;
}

/** The latest date that the configs state. */
function createdOf(graph: Graph): string | null {
  const dates = imagesOf(graph).flatMap(({ configDescriptor: { digest } }) => {
    const bytes = graph.documents.get(digest)?.bytes;
    const { created } = bytes ? parseJsonObject(bytes, digest) : {};
    return typeof created === 'string' && !Number.isNaN(Date.parse(created)) ? [created] : [];
  });
  return dates.sort((a, b) => Date.parse(b) - Date.parse(a))[0] ?? null;
}

/** The files that hold content; all of them where its position is not known, as in a compressed archive. */
async function filesWith(
  source: Source,
  nodes: readonly Descriptor[],
  files: readonly ManifestFile[],
): Promise<string[]> {
  const names = files.map(({ name }) => name);
  if (files.length < 2 || !isLocated(source)) return names;
  const holding = new Set<string>();
  for (const node of nodes) {
    const extent = await source.locate(node);
    if (!extent) return names;
    let start = 0;
    for (const { name, size } of files) {
      if (extent.offset < start + size && extent.offset + extent.size > start) holding.add(name);
      start += size;
    }
  }
  return names.filter((name) => holding.has(name));
}

/** The manifest for people. */
function manifestText({ tool, name, files, images }: TransferManifest): string {
  const count = `${images.length} ${images.length === 1 ? 'image' : 'images'}`;
  const lines = [`${printable(name)}: ${count}, written by ${tool}`];
  for (const image of images) {
    lines.push('', image.reference ?? '(no name)', `  digest  ${image.digest}`);
    lines.push(
      `  size    ${amount(image.size)}`,
      `  date    ${shown(image.created, 'not stated')}`,
    );
    lines.push(`  from    ${shown(image.source, 'it was there before')}`);
    if (image.files.length > 0) lines.push(`  in      ${image.files.map(printable).join(' ')}`);
  }
  if (files.length > 0) lines.push('', 'Files (SHA-256)');
  for (const file of files)
    lines.push(`${file.sha256}  ${printable(file.name)}  ${amount(file.size)}`);
  return `${lines.join('\n')}\n`;
}

function shown(value: string | null, otherwise: string): string {
  return value === null ? otherwise : printable(value);
}
