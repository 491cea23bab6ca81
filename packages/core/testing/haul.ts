import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { packTar } from '../src/archive/tar/pack-tar.js';
import { describe, type Descriptor } from '../src/oci/descriptor.js';
import { digestOf } from '../src/oci/digest.js';
import { blobPath } from '../src/oci/layout.js';
import { formatManifest } from '../src/oci/manifest.js';
import { MediaType } from '../src/oci/media-types.js';
import { readAll } from '../src/transfer/verified.js';

/** Files of an OCI layout, to be changed and then written as a tar. */
export class Layout {
  readonly files = new Map<string, Uint8Array>();
  readonly entries: object[] = [];

  /** Adds a blob. */
  put(mediaType: string, content: Uint8Array | object): Descriptor {
    const bytes = content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content));
    const descriptor = describe(mediaType, bytes);
    this.files.set(blobPath(descriptor.digest), bytes);
    return descriptor;
  }

  /** Adds an image of one file, with the platform fields and the layer type given. */
  async image(
    text: string,
    platform: object = { os: 'linux', architecture: 'amd64' },
    layerType: string = MediaType.layer,
  ): Promise<Descriptor> {
    const layer = await tarOf({ file: Buffer.from(text) });
    const rootfs = { type: 'layers', diff_ids: [digestOf(layer)] };
    const config = this.put(MediaType.config, { ...platform, config: {}, rootfs });
    return this.put(MediaType.manifest, formatManifest(config, [this.put(layerType, layer)]));
  }

  /** Lists a manifest in `index.json`. */
  list(descriptor: Descriptor, name?: string, annotations: Record<string, string> = {}): void {
    const named = name === undefined ? {} : { 'io.containerd.image.name': name };
    this.entries.push({ ...descriptor, annotations: { ...named, ...annotations } });
  }

  async write(path: string): Promise<void> {
    const index = { schemaVersion: 2, manifests: this.entries };
    const files = { 'index.json': Buffer.from(JSON.stringify(index)) };
    await writeFile(path, await tarOf({ ...files, ...Object.fromEntries(this.files) }));
  }
}

export const HAULED = 'registry.example/team/app:1.0';

/**
 * A store of hauler or of `cosign save`: an image, its signature and its attestation under one name, told apart by the
 * annotation `kind`.
 */
export async function haul({ isHybrid = false, isNamed = true } = {}) {
  const layout = new Layout();
  const none = { os: '', architecture: '' };
  const image = await layout.image('hello');
  const signature = await layout.image(
    'a',
    none,
    'application/vnd.dev.cosign.simplesigning.v1+json',
  );
  const attestation = await layout.image('b', none, 'application/vnd.dsse.envelope.v1+json');
  for (const [kind, manifest] of Object.entries({ sigs: signature, image, atts: attestation }))
    layout.list(manifest, isNamed ? HAULED : undefined, {
      kind: `dev.cosignproject.cosign/${kind}`,
    });
  if (isHybrid) {
    const { config, layers } = JSON.parse(
      Buffer.from(layout.files.get(blobPath(image.digest)) ?? '').toString(),
    ) as { config: Descriptor; layers: Descriptor[] };
    const item = {
      Config: blobPath(config.digest),
      RepoTags: [HAULED],
      Layers: layers.map(({ digest }) => blobPath(digest)),
    };
    layout.files.set('manifest.json', Buffer.from(JSON.stringify([item])));
  }
  const tag = (suffix: string) =>
    `${HAULED.replace('1.0', image.digest.replace(':', '-'))}.${suffix}`;
  return {
    layout,
    digests: [image, signature, attestation].map(({ digest }) => digest),
    names: [HAULED, tag('sig'), tag('att')],
  };
}

/** A `docker save` archive whose images have the given configs and one layer each; their names are `data:0`, `data:1`, … */
export async function dockerArchive(path: string, configs: readonly object[]): Promise<void> {
  const files: Record<string, Uint8Array> = {};
  const items = [];
  for (const [at, config] of configs.entries()) {
    const layer = await tarOf({ file: Buffer.from(`${at}`) });
    const rootfs = { type: 'layers', diff_ids: [digestOf(layer)] };
    const bytes = Buffer.from(JSON.stringify({ rootfs, ...config }));
    const Config = `${createHash('sha256').update(bytes).digest('hex')}.json`;
    Object.assign(files, { [`${at}/layer.tar`]: layer, [Config]: bytes });
    items.push({ Config, RepoTags: [`data:${at}`], Layers: [`${at}/layer.tar`] });
  }
  files['manifest.json'] = Buffer.from(JSON.stringify(items));
  await writeFile(path, await tarOf(files));
}

async function tarOf(files: Readonly<Record<string, Uint8Array>>): Promise<Uint8Array> {
  const members = Object.entries(files).map(([name, body]) => ({
    name,
    size: body.byteLength,
    open: () => [body],
  }));
  return readAll(packTar(members), Infinity);
}
