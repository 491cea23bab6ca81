import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BASE, HEAD, workspaceOf } from '../../../testing/workspace.js';
import { listInputs } from './list-inputs.js';

it('the inputs of an image are the files that it copies', async () => {
  const { workspace, call, cwd } = await workspaceOf({ [`${BASE}/other`]: 'x' });
  expect(await listInputs(workspace, BASE, call)).toEqual([join(cwd, BASE, 'files/a')]);
});

it('the inputs of a Dockerfile are its context, without what is ignored', async () => {
  const { workspace, call, cwd } = await workspaceOf({
    [`${BASE}/image.yaml`]: `${HEAD}dockerfile: Dockerfile\n`,
    [`${BASE}/Dockerfile`]: 'FROM scratch\n',
    [`${BASE}/.dockerignore`]: 'files\n',
  });
  const inputs = await listInputs(workspace, BASE, call);
  expect(inputs).toContain(join(cwd, BASE, 'Dockerfile'));
  expect(inputs).not.toContain(join(cwd, BASE, 'files/a'));
});

it('the inputs of a Dockerfile are further contexts, too, without what is ignored in them', async () => {
  const { workspace, call, cwd } = await workspaceOf({
    [`${BASE}/image.yaml`]: `${HEAD}dockerfile: Dockerfile\nbuild_contexts: { shared: ../../../../shared }\n`,
    [`${BASE}/Dockerfile`]: 'FROM scratch\n',
    'shared/.dockerignore': 'left-out\n',
    'shared/left-out': 'x',
    'shared/used': 'x',
  });
  const inputs = await listInputs(workspace, BASE, call);
  expect(inputs).toContain(join(cwd, 'shared/used'));
  expect(inputs).not.toContain(join(cwd, 'shared/left-out'));
});
