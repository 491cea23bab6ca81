import { ImageError } from '../errors.js';
import { isObject, type JsonObject } from '../oci/json.js';
import type { EngineEvent } from './engine.js';

/**
 * Reads the engine's answer to a load or a build: one JSON object per line, with status 200 even when
 * it fails (Docker Engine API 1.41).
 *
 * @returns the objects that carry a result (`aux`)
 * @throws ImageError INVALID with the engine's own words for an `error` line
 */
export async function readDockerStream(
  lines: AsyncIterable<Uint8Array | string>,
  {
    location,
    onEvent,
  }: { readonly location: string; readonly onEvent?: ((event: EngineEvent) => void) | undefined },
): Promise<JsonObject[]> {
  const results: JsonObject[] = [];
  const recent: string[] = [];
  for await (const line of splitLines(lines)) {
    const message = parseLine(line);
    if (typeof message['error'] === 'string') throw refused(location, message['error'], recent);
    if (isObject(message['aux'])) results.push(message['aux']);
    const text = textOf(message);
    if (text === '') continue;
    recent.push(text);
    if (recent.length > 10) recent.shift();
    onEvent?.({ type: 'engine', text });
  }
  return results;
}

function refused(location: string, error: string, recent: readonly string[]): ImageError {
  const log = recent.length === 0 ? '' : `\n  ${recent.join('\n  ')}`;
  return new ImageError('INVALID', `${location}: expected success, got: ${error}${log}`, {
    location,
  });
}

function textOf({ stream, status, id }: JsonObject): string {
  if (typeof stream === 'string') return stream.trimEnd();
  return typeof status === 'string' ? `${status}${typeof id === 'string' ? ` ${id}` : ''}` : '';
}

function parseLine(line: string): JsonObject {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : {};
  } catch {
    return { stream: line };
  }
}

async function* splitLines(chunks: AsyncIterable<Uint8Array | string>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line.trim() !== '');
  }
  if (rest.trim() !== '') yield rest;
}
