import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram } from '../program.js';
import { manualPages } from './manual.js';

// Run by the build, in the folder of the package: writes the manual pages that package.json lists.
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const { stdin, stdout, stderr } = process;
const { signal } = new AbortController();
const io = { cwd: '', stdin, stdout, stderr, signal, endWithin: () => undefined };
rmSync('man', { recursive: true, force: true });
mkdirSync('man');
for (const { file, text } of manualPages(createProgram(io, version), version))
  writeFileSync(join('man', file), text);
