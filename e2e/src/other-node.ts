import { join } from 'node:path';
import { must } from './run.js';

const WITH_NODE = join(import.meta.dirname, '../../tools/with-node.mjs');

/** Environment variables that run programs on another Node.js from the npm registry; none for that of the tests. */
export async function nodeEnvironment(version: string): Promise<Readonly<Record<string, string>>> {
  if (process.versions.node.startsWith(`${version}.`)) return {};
  const print = ['node', '-p', 'process.env.PATH'];
  const path = await must(process.execPath, [WITH_NODE, version, ...print]);
  return { PATH: path.trim() };
}
