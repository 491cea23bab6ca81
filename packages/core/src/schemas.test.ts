import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { catalogSchema } from './catalog/entry.js';
import { imageSchema } from './definition/image-schema.js';
import { settingsSchema } from './definition/settings.js';

it.each([
  ['image', imageSchema],
  ['stowage', settingsSchema],
  ['image-registry', catalogSchema],
])('the published schema of %s is the one that is checked with', async (name, schema) => {
  const published = await readFile(
    join(import.meta.dirname, `../schemas/${name}.schema.json`),
    'utf8',
  );
  // To write it again: node tools/write-schemas.mjs
  expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(schema)));
});
