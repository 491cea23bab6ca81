import { expect, inject, it } from 'vitest';
import { must } from './run.js';

it('publishes what users need, and nothing else', async () => {
  for (const name of ['core', 'images', 'cli']) {
    const view = await must('npm', [
      'view',
      `@stowage/${name}`,
      '--json',
      '--userconfig',
      inject('npmrc'),
    ]);
    expect(JSON.parse(view)).toMatchObject({
      license: 'MIT',
      version: expect.stringMatching(/^\d/) as string,
    });
  }
});
