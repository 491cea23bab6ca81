// Writes the JSON Schemas that are published with @stowage/core, from the constants that the code checks with.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogSchema } from '../packages/core/dist/catalog/entry.js';
import { imageSchema } from '../packages/core/dist/definition/image-schema.js';
import { settingsSchema } from '../packages/core/dist/definition/settings.js';

const folder = join(import.meta.dirname, '../packages/core/schemas');
const schemas = { image: imageSchema, stowage: settingsSchema, 'image-registry': catalogSchema };
for (const [name, schema] of Object.entries(schemas)) {
  writeFileSync(join(folder, `${name}.schema.json`), `${JSON.stringify(schema, null, 2)}\n`);
}
