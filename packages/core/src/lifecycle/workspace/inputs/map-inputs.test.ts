import { describe, expect, it } from 'vitest';
import { writeImage } from '../../../../testing/image.js';
import { listening } from '../../../../testing/listening.js';
import { MemoryStore } from '../../../../testing/memory-store.js';
import { temporaryFolder } from '../../../../testing/temporary.js';
import { workspaceOf } from '../../../../testing/workspace.js';
import { openRepository } from '../../../distribution/open-repository.js';
import { ImageError, type ErrorCode } from '../../../errors.js';
import { registryHandler } from '../../../registry/handler/handler.js';
import { RegistryStore } from '../../../registry/storage/registry-store.js';
import { surroundingsOf } from '../../../surroundings.js';
import { copy } from '../../../transfer/copy.js';
import { copyImages } from '../../copy/copy-images.js';
import { pull } from '../../copy/pull.js';
import { inspect } from '../../inspect/inspect.js';
import { load } from '../../load/load.js';
import { push } from '../../push/push.js';
import { mapInputs } from './map-inputs.js';

/** A registry with `app:1` and `db:1`, and the references of both, of a missing tag and of a missing repository. */
async function setUp() {
  const storage = new RegistryStore(await temporaryFolder());
  const host = await listening(registryHandler({ reader: storage, storage }));
  const there = ['app', 'db'].map((name) => `docker://${host}/${name}:1`);
  const source = new MemoryStore();
  for (const [at, name] of ['app', 'db'].entries()) {
    const image = await writeImage(source, `${name}:1`, { seed: String(at), bytes: 100 });
    const reference = `${host}/${name}:1`;
    await using sink = await openRepository(reference, { plainHttp: true }, surroundingsOf());
    await copy(source, image.digest, sink, { as: reference });
    await sink.tag(image, reference);
    await sink.commit();
  }
  const missing = [`docker://${host}/app:2`, `docker://${host}/nope`];
  const messages = [`no tag "2" in ${host}/app`, `no tag "latest" in ${host}/nope`];
  const { workspace, call } = await workspaceOf();
  const failures: ImageError[] = [];
  const goOn = { ...call, onFailure: (error: ImageError) => void failures.push(error) };
  const [app = '', db = ''] = there;
  const mixed = [app, missing[0] ?? '', db, missing[1] ?? ''];
  return { host, mixed, messages, workspace, call, goOn, failures };
}

type SetUp = Awaited<ReturnType<typeof setUp>>;

const VERBS: Readonly<
  Record<string, (at: SetUp, options: SetUp['call']) => Promise<readonly unknown[]>>
> = {
  pull: ({ workspace, mixed }, call) => pull(workspace, mixed, { ...call, ...TO_ARCHIVE }),
  copy: ({ workspace, mixed }, call) =>
    copyImages(workspace, mixed, 'out.tar', { ...call, ...TO_ARCHIVE }),
  load: ({ workspace, mixed }, call) => load(workspace, mixed, call),
  push: ({ workspace, mixed, host }, call) => push(workspace, mixed, { ...call, to: `${host}/m` }),
};

const TO_ARCHIVE = {
  output: 'out.tar',
  stdout: () => Promise.reject(new Error('standard output is not written')),
};

describe.each(Object.keys(VERBS))('%s', (verb) => {
  const run = VERBS[verb] as (typeof VERBS)[string];

  it('names all missing images at once, and writes nothing', async () => {
    const at = await setUp();
    const message = ['2 images are missing:', ...at.messages].join('\n');
    await expect(run(at, at.call)).rejects.toMatchObject({ code: 'NOT_FOUND', message });
    await expect(inspect(at.workspace, './out.tar', at.call)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('goes on with the others, and gives every failure', async () => {
    const at = await setUp();
    expect(await run(at, at.goOn)).toHaveLength(2);
    expect(at.failures.map(({ message }) => message)).toEqual(at.messages);
  });
});

it('one missing image is named alone; any other failure gives the code', async () => {
  const { workspace, call, mixed, messages } = await setUp();
  await expect(load(workspace, mixed.slice(0, 2), call)).rejects.toMatchObject({
    message: messages[0],
  });
  await expect(load(workspace, [...mixed, 'stowage.yaml'], call)).rejects.toMatchObject({
    code: 'INVALID',
  });
});

it('two images of one name are refused before anything is written', async () => {
  const { workspace, call, host } = await setUp();
  const options = { ...call, stdout: TO_ARCHIVE.stdout };
  for (const name of ['app', 'db'])
    await copyImages(workspace, `docker://${host}/${name}:1`, `${name}.tar`, {
      ...options,
      as: 'same:1',
    });
  await expect(copyImages(workspace, '*.tar', 'both.tar', options)).rejects.toMatchObject({
    code: 'USAGE',
  });
});

describe('inputs that are worked on side by side', () => {
  const failing = (code: ErrorCode, message = code.toLowerCase()) => new ImageError(code, message);
  /** Runs work whose later inputs end first. */
  const run = (outcomes: readonly (string | ImageError)[], options = {}) => {
    const begun: number[] = [];
    const work = async ([at, outcome]: readonly [number, string | ImageError]) => {
      begun.push(at);
      await new Promise((resolve) => setTimeout(resolve, 5 * (outcomes.length - at)));
      if (outcome instanceof ImageError) throw outcome;
      return outcome;
    };
    return { begun, done: mapInputs(outcomes.entries(), work, { concurrency: 8, ...options }) };
  };

  it('give results and failures in the order of the inputs', async () => {
    const failures: string[] = [];
    const onFailure = ({ code }: ImageError) => void failures.push(code);
    const outcomes = ['a', failing('CORRUPT'), 'b', failing('NOT_FOUND'), failing('UNAVAILABLE')];
    expect(await run(outcomes, { onFailure }).done).toEqual(['a', 'b']);
    expect(failures).toEqual(['CORRUPT', 'NOT_FOUND', 'UNAVAILABLE']);
  });

  it('fail together, with the code of the first that is not only missing', async () => {
    const outcomes = ['a', failing('NOT_FOUND'), failing('CORRUPT'), failing('DENIED'), 'b'];
    await expect(run(outcomes).done).rejects.toMatchObject({
      code: 'CORRUPT',
      message: ['3 of 5 images failed:', 'not_found', 'corrupt', 'denied'].join('\n'),
    });
  });

  it('end at once where a registry does not answer', async () => {
    const outcomes = [failing('UNAVAILABLE'), failing('NOT_FOUND'), 'a', 'b'];
    const { begun, done } = run(outcomes, { concurrency: 1 });
    await expect(done).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(begun).toEqual([0]);
  });
});
