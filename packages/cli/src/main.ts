#!/usr/bin/env node
import { readFileSync } from 'node:fs';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

// Scripts ask for it often, and it needs no more than this file.
if (process.argv.length === 3 && ['--version', '-V'].includes(process.argv[2] ?? ''))
  process.stdout.write(`${version}\n`);
else await (await import('./run.js')).run(version);
