import { expect, it } from 'vitest';
import { apiAt } from '../../../../testing/docker-target.js';
import { listening } from '../../../../testing/listening.js';
import { buildWithBuildKit } from './build.js';

const LOST =
  'failed to prepare extraction snapshot "x sha256:2": parent snapshot sha256:1 does not exist: not found';

/** A build on an engine that answers so to one build after the other: the ID of the image, and the steps that it told of. */
async function build(...answers: readonly object[]) {
  let builds = 0;
  const host = await listening((_, response) => response.end(JSON.stringify(answers[builds++])), {
    onUpgrade: () => undefined,
  });
  using docker = apiAt(`tcp://${host}`);
  const request = { context: [], dockerfile: 'Dockerfile', reference: 'a:1', args: {}, labels: {} };
  const steps: unknown[] = [];
  const built = buildWithBuildKit(
    docker,
    { ...request, query: {} },
    { location: 'engine:test', host, onEvent: (event) => steps.push(event) },
  );
  const id = await built.catch(({ message }: Error) => message);
  return { id, steps, builds };
}

it('a build whose image the engine fails to unpack is tried again', async () => {
  const done = { id: 'moby.image.id', aux: { ID: 'sha256:3' } };
  expect(await build({ error: LOST }, { error: LOST }, done)).toMatchObject({
    id: 'sha256:3',
    steps: [
      { type: 'step', subject: 'a:1' },
      { type: 'step', subject: 'a:1' },
    ],
  });
});

it('a build that fails otherwise, or again and again, fails', async () => {
  expect(await build({ error: 'exit code: 1' })).toMatchObject({ builds: 1, steps: [] });
  const { id, builds } = await build({ error: LOST }, { error: LOST }, { error: LOST });
  expect([id, builds]).toEqual([`engine:test: ${LOST}`, 3]);
});
