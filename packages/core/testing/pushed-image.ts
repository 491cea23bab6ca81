import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from './pushing.js';
import { servedRegistry, type Before } from './served-registry.js';
import { workspaceOf } from './workspace.js';

/** A workspace with the file `sbom.json`, and a registry with the image `team/app:1`. */
export async function pushedImage(before?: Before) {
  const { workspace, call, cwd } = await workspaceOf();
  const served = await servedRegistry(before);
  const image = await served.pushImage('team/app', '1', 'layer');
  const digest = sha256(JSON.stringify(image));
  await writeFile(join(cwd, 'sbom.json'), '{"sbom":1}');
  return { workspace, call, cwd, served, digest, reference: `${served.host}/team/app:1` };
}
