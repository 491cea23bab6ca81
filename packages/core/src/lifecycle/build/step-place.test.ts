import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DEFINITION_FILE, parseDefinition } from '../../definition/definition.js';
import { ImageError } from '../../errors.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { lineInDefinition, lineInDockerfile, withStepPlace } from './step-place.js';

const DEFINITION = `project: app
os: debian-12
variant: base
base: debian:12
packages: [git]
copy: [{ from: files, to: /opt }]
run:
  - useradd ci
  - |
    set -x
    make "all"
test:
  - git --version
`;

it.each([
  ['RUN useradd ci', 8],
  [`RUN ["/bin/sh", "-ec", ${JSON.stringify('set -x\nmake "all"')}]`, 9],
  ['RUN apt-get update && apt-get install -y git', 5],
  ['COPY ["copy/0", "/opt"]', 6],
  ['git --version', 13],
])('the step %s is made from line %i of the definition', (step, line) => {
  const path = DEFINITION_FILE;
  const definition = parseDefinition({ text: DEFINITION, path });
  expect(lineInDefinition({ text: DEFINITION, path }, definition, step).line).toBe(line);
});

it.each([
  ['RUN apt-get update   && apt-get install -y git', 3],
  ['run make', 6],
  ['RUN false', undefined],
])('the step %s is line %s of the Dockerfile', (step, line) => {
  const text = 'FROM a\n# RUN\nRUN apt-get update \\\n  && apt-get install -y git\n\nRUN make\n';
  expect(lineInDockerfile(text, step)).toBe(line);
});

it('a failure of a step gets its line, and keeps the rest', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, DEFINITION_FILE);
  await writeFile(path, DEFINITION);
  const definition = parseDefinition({ text: DEFINITION, path });
  const failure = new ImageError(
    'INVALID',
    'docker: step 2/2 (RUN useradd ci): it failed\nlast line',
    {
      ...{ hint: 'Look.', location: 'docker', step: 'RUN useradd ci' },
    },
  );
  const work = withStepPlace({ definition, folder, context: folder }, () =>
    Promise.reject(failure),
  );
  const { code, message, hint, location } = failure;
  await expect(work).rejects.toMatchObject({
    ...{ code, message, hint, location },
    places: [{ path, line: 8, text: 'docker: step 2/2 (RUN useradd ci): it failed' }],
  });
  await writeFile(path, 'run: [');
  const again = withStepPlace({ definition, folder, context: folder }, () =>
    Promise.reject(failure),
  );
  await expect(again).rejects.toBe(failure);
});
