import { readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listening } from '../../../testing/listening.js';
import { quirkyRegistry, refuse, Registry, type Quirk } from '../../../testing/quirks/registry.js';
import { BASE, buildPath, HEAD, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { readRecord } from '../../catalog/commit.js';
import { parseEntry, parseShareTag } from '../../share/share-entry.js';
import { archiveImage } from '../build/archive-image.js';
import { copyImages } from '../copy/copy-images.js';
import { doctor } from '../inspect/doctor.js';
import { list } from '../inspect/list.js';
import { verify } from '../inspect/verify.js';
import { ensure } from '../jobs/ensure.js';
import { plan } from '../jobs/plan.js';
import { load } from '../load/load.js';
import { prune } from '../prune/prune.js';
import { push } from '../push/push.js';
import { report } from '../report/report.js';
import { readDefinition } from '../workspace/definitions.js';
import { openWorkspace } from '../workspace/workspace.js';

const TOP = 'apps/app/images/top';
const TOP_NAME = 'app-debian-12-top';
const FILES = {
  [`${TOP}/image.yaml`]: `project: app\nos: debian-12\nvariant: top\nbase: ${NAME}\ncopy: [{ from: files, to: /srv }]\n`,
  [`${TOP}/files/b`]: 'b\n',
};
const TAG_PUT = /^PUT \/v2\/team\/images\/manifests\/.*\.in-/;

async function registry(quirk: Partial<Quirk> = {}) {
  const memory = new Registry();
  const address = await listening(quirkyRegistry(memory, { name: 'test', ...quirk }));
  return { memory, address };
}

/** A machine with its own clone of the workspace and its own cache. */
async function machine(address: string, share = 'mode: read-write', files = {}) {
  const yaml = `share:\n  repository: ${address}/team/images\n  ${share}\n`;
  const made = await workspaceOf({ 'stowage.yaml': yaml, ...FILES, ...files });
  const env = { ...process.env, STOWAGE_CACHE_DIR: join(made.cwd, '.cache') };
  return { ...made, workspace: await openWorkspace(made.cwd, { surroundings: { env } }) };
}

type Machine = Awaited<ReturnType<typeof machine>>;
const save = ({ workspace, call }: Machine, path = BASE) => savePath(workspace, path, call);
const archiveAt = ({ cwd }: Machine, name = NAME) => join(cwd, 'images', 'app', `${name}.tar`);
const recordAt = async ({ cwd }: Machine, name = NAME) =>
  readFile(join(cwd, 'images', 'app', `${name}.image.json`), 'utf8');
const unsharedAt = ({ cwd }: Machine) => join(cwd, '.stowage', 'unshared', `${NAME}.tar`);
const notices = ({ events }: Machine) =>
  events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));

/** Requests since the last call, without the one that finds out whether this machine's registry speaks TLS. */
function requestsOf({ requests }: Registry): string[] {
  return requests.splice(0).filter((each) => each !== 'GET /v2/');
}

describe('an image whose inputs the share knows', () => {
  it('is not built: one request, an equal record, and no layer until it is loaded', async () => {
    const { memory, address } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    expect(await save(one)).toMatchObject({ action: 'saved' });
    expect(requestsOf(memory).filter((each) => TAG_PUT.test(each))).toHaveLength(1);
    expect(await save(two)).toMatchObject({ action: 'remote', size: null });
    expect(requestsOf(memory)).toHaveLength(1);
    expect(await recordAt(two)).toBe(await recordAt(one));
    expect(await list(two.workspace)).toMatchObject([{ name: NAME, state: 'remote' }]);
    expect(await save(two)).toMatchObject({ action: 'skipped' });
    expect(requestsOf(memory)).toEqual([]);
    expect(await load(two.workspace, [NAME], two.call)).toMatchObject([{ action: 'loaded' }]);
    expect(requestsOf(memory).filter((each) => each.includes('/blobs/'))).toHaveLength(2);
  });

  it('is put into an engine by build', async () => {
    const { address } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    const { digest } = await save(one);
    expect(await buildPath(two.workspace, BASE, two.call)).toMatchObject({
      action: 'remote',
      digest,
    });
    expect(await buildPath(two.workspace, BASE, two.call)).toMatchObject({ action: 'skipped' });
  });

  it('is the base of another one without being fetched', async () => {
    const { memory, address } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    await save(one);
    await save(one, TOP);
    requestsOf(memory);
    await save(two);
    expect(await save(two, TOP)).toMatchObject({ action: 'remote' });
    expect(requestsOf(memory)).toHaveLength(2);
    expect(await recordAt(two, TOP_NAME)).toBe(await recordAt(one, TOP_NAME));
  });

  it('is built on where it is only in the share, and only the new layer is sent', async () => {
    const { memory, address } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    await save(one);
    await save(two);
    await writeFile(join(two.cwd, TOP, 'files/b'), 'changed\n');
    requestsOf(memory);
    expect(await save(two, TOP)).toMatchObject({ action: 'saved' });
    const uploads = requestsOf(memory).filter((each) => /^POST .*uploads\/$/.test(each));
    expect(uploads).toHaveLength(2);
  });
});

describe('an image that the share had', () => {
  async function pruned() {
    const { memory, address } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    const { digest } = await save(one);
    await save(two);
    memory.tags.clear();
    memory.manifests.clear();
    memory.places.clear();
    return { two, digest, memory };
  }

  it('is made here when its bytes are needed', async () => {
    const { two, digest } = await pruned();
    expect(await load(two.workspace, [NAME], two.call)).toMatchObject([{ digest }]);
    expect(await list(two.workspace)).toMatchObject([{ name: NAME, state: 'ok' }]);
  });

  it('is made here when another image is built on it', async () => {
    const { two } = await pruned();
    expect(await save(two, TOP)).toMatchObject({ action: 'saved' });
  });

  it.each<[string, (made: Machine) => Promise<unknown>]>([
    [
      'pushed',
      async ({ workspace, call }) =>
        push(workspace, [NAME], { ...call, to: (await registry()).address }),
    ],
    [
      'copied',
      ({ workspace, call }) =>
        copyImages(workspace, NAME, 'oci-archive:out.tar', {
          ...call,
          stdout: () => Promise.resolve(),
        }),
    ],
    ['verified', ({ workspace, call }) => verify(workspace, [NAME], call)],
  ])('is made here when it is %s', async (_what, use) => {
    const { two } = await pruned();
    expect(await use(two)).toHaveLength(1);
    await readFile(archiveAt(two));
  });

  it('is made here when another image is built on it in an engine', async () => {
    const { two } = await pruned();
    expect(await buildPath(two.workspace, TOP, two.call)).toMatchObject({ action: 'built' });
  });

  it('is loaded from the cache where a load has put it', async () => {
    const { address, memory } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    await save(one);
    await save(two);
    await load(two.workspace, [NAME], two.call);
    await rm(join(two.cwd, '.stowage/store'), { recursive: true });
    memory.manifests.clear();
    requestsOf(memory);
    expect(await load(two.workspace, [NAME], two.call)).toMatchObject([{ action: 'loaded' }]);
    expect(await load(two.workspace, [NAME], two.call)).toMatchObject([{ action: 'skipped' }]);
    expect(requestsOf(memory)).toEqual([]);
  });

  it('is not found without its definition', async () => {
    const { two } = await pruned();
    await rm(join(two.cwd, BASE, 'image.yaml'));
    await expect(load(two.workspace, [NAME], two.call)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

it('is known to plan, ensure, doctor and report', async () => {
  const { address } = await registry();
  const [one, two] = [await machine(address), await machine(address)];
  await save(one);
  await save(two);
  const { workspace, call } = two;
  const request = { os: 'debian:12' };
  expect(await plan(workspace, request, call)).toMatchObject({
    jobs: [{ plan: { name: NAME, needs_build: false, best_image_path: null } }],
  });
  expect(await ensure(workspace, request, call)).toMatchObject({
    jobs: [{ saved: [], loaded: [{ action: 'loaded' }] }],
  });
  expect(await doctor(workspace, { ...call, fix: true })).toMatchObject({
    problems: [],
    fixed: [],
  });
  expect(await report(workspace, call)).toMatchObject({
    archives: [{ name: NAME, state: 'remote', layers: null }],
    problems: [],
  });
  expect(await recordAt(two)).toBe(await recordAt(one));
});

describe('the archive of an image in the share', () => {
  it('is made on demand, equal to the one that was published, and the record stays', async () => {
    const { address } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    await save(one);
    await save(two);
    const before = await recordAt(two);
    const archive = async () =>
      archiveImage(two.workspace, await readDefinition(two.workspace, BASE, two.call), two.call);
    expect(await archive()).toMatchObject({ action: 'saved' });
    expect(await readFile(archiveAt(two))).toEqual(await readFile(archiveAt(one)));
    expect(await recordAt(two)).toBe(before);
    expect(await archive()).toMatchObject({ action: 'skipped' });
  });

  it('that is older is a conflict by its path, and the image is found by its name', async () => {
    const { address } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    await save(two);
    for (const each of [one, two]) await writeFile(join(each.cwd, BASE, 'files/a'), 'changed\n');
    const { digest } = await save(one);
    expect(await save(two)).toMatchObject({ action: 'remote', digest });
    expect(await list(two.workspace)).toMatchObject([{ name: NAME, state: 'remote', digest }]);
    await expect(load(two.workspace, [archiveAt(two)], two.call)).rejects.toMatchObject({
      code: 'CONFLICT',
      hint: expect.stringContaining('image-archive') as string,
    });
    expect(await load(two.workspace, [NAME], two.call)).toMatchObject([{ digest }]);
  });
});

describe('a damaged archive', () => {
  async function damaged() {
    const { address } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    await save(one);
    await truncate(archiveAt(one), 3000);
    return { one, two, address };
  }

  it('is an error, not an older one: the share is not read in its place', async () => {
    const { one } = await damaged();
    for (const input of [NAME, archiveAt(one)])
      await expect(load(one.workspace, [input], one.call)).rejects.toMatchObject({
        code: expect.stringMatching(/CORRUPT|INCOMPLETE|INVALID/) as string,
      });
  });

  it('is replaced by save', async () => {
    const { one } = await damaged();
    expect(await save(one)).toMatchObject({ action: 'remote' });
    await expect(readFile(archiveAt(one))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await load(one.workspace, [NAME], one.call)).toMatchObject([{ action: 'loaded' }]);
  });
});

describe('an image that the share does not take', () => {
  it('is kept as an unshared archive, and the archive is restored from it', async () => {
    const { address } = await registry();
    const one = await machine(address, 'mode: read');
    const { digest } = await save(one);
    expect(await readFile(unsharedAt(one))).toEqual(await readFile(archiveAt(one)));
    await rm(archiveAt(one));
    expect(await load(one.workspace, [NAME], one.call)).toMatchObject([{ digest }]);
    expect(await list(one.workspace)).toMatchObject([{ name: NAME, state: 'ok' }]);
  });

  it('is offered again by the next save that may publish', async () => {
    let isAway = true;
    const { memory, address } = await registry({
      before: () => (isAway ? refuse(403) : undefined),
    });
    const one = await machine(address);
    await save(one);
    isAway = false;
    expect(await save(one)).toMatchObject({ action: 'skipped' });
    expect(memory.tags.size).toBe(1);
    await expect(readFile(unsharedAt(one))).rejects.toMatchObject({ code: 'ENOENT' });
    requestsOf(memory);
    await save(one);
    expect(requestsOf(memory)).toEqual([]);
  });

  it('is pruned once the image has no record', async () => {
    const { address } = await registry();
    const one = await machine(address, 'mode: read');
    await save(one);
    const rules = { ...one.call, minAge: '0s' };
    await prune(one.workspace, rules);
    await stat(unsharedAt(one));
    await rm(join(one.cwd, 'images'), { recursive: true });
    await utimes(unsharedAt(one), 1, 1);
    await prune(one.workspace, rules);
    await expect(stat(unsharedAt(one))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is no longer kept once the share has its key', async () => {
    const { address } = await registry();
    const [reader, writer] = [await machine(address, 'mode: read'), await machine(address)];
    await save(reader);
    await save(writer);
    await rm(join(reader.cwd, '.stowage/builds'), { recursive: true });
    expect(await save(reader)).toMatchObject({ action: 'remote' });
    await expect(readFile(unsharedAt(reader))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([401, 403, 413, 500, 507])('goes on after %i, with one notice', async (status) => {
    const { address } = await registry({
      before: ({ url }) => (url.pathname === '/v2/' ? undefined : refuse(status)),
    });
    const one = await machine(address);
    expect(await save(one)).toMatchObject({ action: 'saved' });
    expect(await readFile(unsharedAt(one))).toEqual(await readFile(archiveAt(one)));
    expect(notices(one)).toHaveLength(1);
  });

  it('goes on without a registry, which is not asked again for a minute', async () => {
    const { memory, address } = await registry({ before: () => refuse(503) });
    const one = await machine(address);
    expect(await save(one)).toMatchObject({ action: 'saved' });
    expect(requestsOf(memory)).toHaveLength(1);
    expect(notices(one)).toHaveLength(1);
    await save(one, TOP);
    expect(requestsOf(memory)).toEqual([]);
    expect(notices(one)).toHaveLength(1);
  });

  it('is an error if the share is required', async () => {
    const { address } = await registry({ before: () => refuse(503) });
    const one = await machine(address, 'required: true');
    await expect(save(one)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('has inputs that are not pinned, which a notice names', async () => {
    const { memory, address } = await registry();
    const definition = `${HEAD}base: debian:12\nrun: ['true']\n`;
    const one = await machine(address, 'mode: read', { [`${BASE}/image.yaml`]: definition });
    // The embedded engine cannot build it: the notice comes before.
    await expect(save(one)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(notices(one).join()).toContain('is not shared, because these images have no digest');
    expect(requestsOf(memory)).toEqual([]);
  });
});

describe('two machines that build one key', () => {
  /** Another image than that of the key: what a build on an engine may give. */
  async function race(quirk: Partial<Quirk>) {
    const made = await registry();
    const other = await machine(made.address);
    await save(other);
    const winner = made.memory;
    const [[tag = '', digest = ''] = []] = [...winner.tags];
    const { memory, address } = await registry({
      ...quirk,
      before: (request, registry) => {
        const isTagged = TAG_PUT.test(`${request.method} ${request.url.pathname}`);
        if (isTagged && !registry.seen.has('raced')) {
          registry.seen.add('raced');
          // The other machine is first.
          for (const [key, value] of winner.manifests) registry.manifests.set(key, value);
          registry.tags.set(tag, digest);
        }
        return quirk.before?.(request, registry);
      },
    });
    return { memory, address, tag, digest };
  }

  it.each([400, 403, 409, 412])(
    'take the first one where tags are immutable (%i)',
    async (status) => {
      const { memory, address, tag, digest } = await race({
        before: ({ method, url }, { tags }) =>
          method === 'PUT' && tags.has(`team/images:${url.pathname.split('/').at(-1) ?? ''}`)
            ? refuse(status, 'TAG_INVALID')
            : undefined,
      });
      const one = await machine(address);
      await save(one);
      expect(memory.tags.get(tag)).toBe(digest);
      expect(notices(one)).toEqual([]);
    },
  );
});

it('does not believe an entry that contradicts its tag', async () => {
  const { memory, address } = await registry();
  const one = await machine(address);
  await save(one);
  await writeFile(join(one.cwd, BASE, 'files/a'), 'changed\n');
  await save(one);
  const [[first, digest = ''] = ['', ''], [second = ''] = []] = [...memory.tags];
  // The first tag names the entry of the second one.
  memory.tags.set(first, memory.tags.get(second) ?? digest);
  const two = await machine(address);
  expect(await save(two)).toMatchObject({ action: 'saved' });
  expect(notices(two).join()).toContain('an image of the share is not used');
  // Nothing replaces a key.
  expect(memory.tags.get(first)).toBe(memory.tags.get(second));
  expect(await readFile(unsharedAt(two))).toEqual(await readFile(archiveAt(two)));
});

it('names an index of one child by name and key, with the record', async () => {
  const { memory, address } = await registry();
  const one = await machine(address);
  const { digest } = await save(one);
  const [[name, root] = ['', '']] = [...memory.tags];
  const tag = parseShareTag(name.replace('team/images:', ''));
  expect(tag).toMatchObject({ name: NAME });
  const { type: mediaType = '', bytes = Buffer.of() } =
    memory.manifests.get(`team/images@${root}`) ?? {};
  const entry = parseEntry(
    { mediaType, bytes },
    { name: NAME, key: tag?.key ?? '', location: 'x' },
  );
  expect(entry).toMatchObject({ child: { digest }, record: await readRecord(archiveAt(one)) });
});
