import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../served.js';

export const INDEX = 'application/vnd.oci.image.index.v1+json';

/** Pushes an index without children, the smallest manifest. @returns the response */
export function putIndex(
  url: string,
  name: string,
  { reference, fields = {} }: { readonly reference?: string; readonly fields?: object },
): Promise<Response> {
  const body = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [], ...fields });
  return fetch(`${url}/v2/${name}/manifests/${reference ?? digestOf(body)}`, {
    method: 'PUT',
    headers: { 'content-type': INDEX },
    body,
  });
}

/** Every path below a folder, sorted. */
export async function pathsIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}

/** Disk usage of a folder, in bytes. */
export async function spaceOf(folder: string): Promise<number> {
  const paths = ['', ...(await pathsIn(folder))];
  let space = 0;
  for (const path of paths) space += (await lstat(join(folder, path))).blocks * 512;
  return space;
}
