import { readFile } from 'node:fs/promises';
import { systemCode } from '../errors.js';

/** A file's text; empty if the file does not exist. */
export async function readTextIfExists(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  }
}
