import { createHash } from 'node:crypto';
import { MediaType } from '../src/oci/media-types.js';

export const sha256 = (bytes: Uint8Array | string) =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export const described = (mediaType: string, bytes: Uint8Array | string) => ({
  mediaType,
  digest: sha256(bytes),
  size: Buffer.byteLength(bytes),
});

/** A client of one registry that sends `headers` with every request. */
export function clientOfRegistry(url: string, headers: Readonly<Record<string, string>> = {}) {
  const ask = (method: string, path: string, options: RequestInit = {}) =>
    fetch(new URL(path, url), { ...options, method, headers: { ...headers, ...options.headers } });
  const pushBlob = (name: string, body: string) =>
    ask('POST', `/v2/${name}/blobs/uploads/?digest=${sha256(body)}`, { body });
  const putManifest = (name: string, reference: string, manifest: object) => {
    const { mediaType = MediaType.manifest } = manifest as { readonly mediaType?: string };
    return ask('PUT', `/v2/${name}/manifests/${reference}`, {
      headers: { 'content-type': mediaType },
      body: JSON.stringify(manifest),
    });
  };
  /** Pushes an image with one layer of that text. @returns its manifest */
  const pushImage = async (name: string, tag: string, layer: string) => {
    const config = JSON.stringify({ os: 'linux', architecture: 'amd64', layer });
    for (const blob of [layer, config]) await pushBlob(name, blob);
    const manifest = {
      schemaVersion: 2,
      mediaType: MediaType.manifest,
      config: described(MediaType.config, config),
      layers: [described(MediaType.layer, layer)],
    };
    const answer = await putManifest(name, tag, manifest);
    if (answer.status !== 201) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
    return manifest;
  };
  return { ask, pushBlob, putManifest, pushImage };
}
