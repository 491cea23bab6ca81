import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openWorkspace } from '../src/lifecycle/workspace/workspace.js';
import { listening } from './listening.js';
import { quirkyRegistry, Registry, type Quirk } from './quirks/registry.js';
import { BASE, NAME, savePath, workspaceOf } from './workspace.js';

export const TOP = 'apps/app/images/top';
export const TOP_NAME = 'app-debian-12-top';
export const FILES = {
  [`${TOP}/image.yaml`]: `project: app\nos: debian-12\nvariant: top\nbase: ${NAME}\ncopy: [{ from: files, to: /srv }]\n`,
  [`${TOP}/files/b`]: 'b\n',
};
export const TAG_PUT = /^PUT \/v2\/team\/images\/manifests\/.*\.in-/;

export async function registry(quirk: Partial<Quirk> = {}) {
  const memory = new Registry();
  const address = await listening(quirkyRegistry(memory, { name: 'test', ...quirk }));
  return { memory, address };
}

/** A machine with its own clone of the workspace and its own cache. */
export async function machine(address: string, share = 'mode: read-write', files = {}) {
  const yaml = `share:\n  repository: ${address}/team/images\n  ${share}\n`;
  const made = await workspaceOf({ 'stowage.yaml': yaml, ...FILES, ...files });
  const env = { ...process.env, STOWAGE_CACHE_DIR: join(made.cwd, '.cache') };
  return { ...made, workspace: await openWorkspace(made.cwd, { surroundings: { env } }) };
}

export type Machine = Awaited<ReturnType<typeof machine>>;
export const save = ({ workspace, call }: Machine, path = BASE) => savePath(workspace, path, call);
export const archiveAt = ({ cwd }: Machine, name = NAME) =>
  join(cwd, 'images', 'app', `${name}.tar`);
export const recordAt = async ({ cwd }: Machine, name = NAME) =>
  readFile(join(cwd, 'images', 'app', `${name}.image.json`), 'utf8');
export const unsharedAt = ({ cwd }: Machine) => join(cwd, '.stowage', 'unshared', `${NAME}.tar`);
export const notices = ({ events }: Machine) =>
  events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));

/** Requests since the last call, without the one that finds out whether this machine's registry speaks TLS. */
export function requestsOf({ requests }: Registry): string[] {
  return requests.splice(0).filter((each) => each !== 'GET /v2/');
}
