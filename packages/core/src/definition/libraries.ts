import { createRequire } from 'node:module';
import type * as Ajv from 'ajv';
import type * as Yaml from 'yaml';

// Loaded on first use: loading takes a tenth of a second, and most commands read no YAML.
const load = createRequire(import.meta.url);

export function yaml(): typeof Yaml {
  return load('yaml') as typeof Yaml;
}

export function ajv(): typeof Ajv {
  return load('ajv') as typeof Ajv;
}
