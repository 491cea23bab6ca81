import { join } from 'node:path';
import { Ajv } from 'ajv';
import { format } from 'prettier';
import { expect, it } from 'vitest';
import { catalogSchema } from './catalog/yaml/entry.js';
import { imageSchema } from './definition/image-schema.js';
import { settingsSchema } from './definition/settings/settings-schema.js';
import { transferManifestSchema } from './lifecycle/copy/transfer-manifest.js';
import { eventSchema } from './lifecycle/workspace/event-schema.js';

// To write them again: npx vitest run src/schemas.test.ts --update
it.each([
  ['image', imageSchema],
  ['stowage', settingsSchema],
  ['image-registry', catalogSchema],
  ['event', eventSchema],
  ['transfer-manifest', transferManifestSchema],
])('the published schema of %s is the one that is checked with', async (name, schema) => {
  const path = join(import.meta.dirname, `../schemas/${name}.schema.json`);
  const text = await format(JSON.stringify(schema, null, 2), { parser: 'json', printWidth: 100 });
  await expect(text).toMatchFileSnapshot(path);
  const ajv = new Ajv({ strict: true, allowUnionTypes: true });
  expect(ajv.validateSchema(schema), ajv.errorsText()).toBe(true);
});
