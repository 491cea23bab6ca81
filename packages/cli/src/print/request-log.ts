import type { Answered } from '@stowage/core';

export type LogFormat = 'text' | 'json' | 'none';

/** One line of a registry's log for each request that was answered; undefined for `none`. */
export function requestLog(
  format: LogFormat,
  write: (line: string) => void,
): ((answered: Answered) => void) | undefined {
  if (format === 'none') return undefined;
  const lineOf = format === 'json' ? jsonLine : textLine;
  return (answered) => write(`${lineOf(answered)}\n`);
}

function textLine(answered: Answered): string {
  const { time, address, user = '-', method, path, status, bytes, milliseconds, id } = answered;
  const why = messageOf(answered.error);
  return [
    ...[new Date(time).toISOString(), address, escaped(user), method, escaped(path), status],
    ...[`${bytes}B`, `${milliseconds.toFixed(1)}ms`, id],
    ...(why === undefined ? [] : [escapeControls(JSON.stringify(why))]),
  ].join(' ');
}

function jsonLine(answered: Answered): string {
  const { time, id, address, user, method, path, route, status, bytes, milliseconds } = answered;
  const error = messageOf(answered.error);
  const line = JSON.stringify({
    time: new Date(time).toISOString(),
    id,
    address,
    user: user ?? null,
    method,
    path,
    route,
    status,
    bytes,
    milliseconds: Number(milliseconds.toFixed(1)),
    ...(error === undefined ? {} : { error }),
  });
  return escapeControls(line);
}

function messageOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  return error instanceof Error ? error.message : (JSON.stringify(error) ?? '');
}

/** Text from a client as one word. */
function escaped(text: string): string {
  return escapeControls(JSON.stringify(text).slice(1, -1)).replace(/ /g, '\\u0020');
}

/** Characters that JSON leaves as they are but a terminal may obey, as JSON escapes. */
function escapeControls(json: string): string {
  return json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
