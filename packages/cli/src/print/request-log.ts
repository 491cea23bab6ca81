import { printable } from '@stowage/core';
import type { AnsweredRequest } from '@stowage/core/registry';
import { print, printJson } from './print.js';
import { Text } from './text.js';

export type LogFormat = 'text' | 'json' | 'none';

/** A listener that writes one log line for each answered request; undefined for `none`. */
export function requestLog(
  format: LogFormat,
  stream: NodeJS.WriteStream,
): ((answered: AnsweredRequest) => void) | undefined {
  switch (format) {
    case 'none':
      return undefined;
    case 'json':
      return (answered) => printJson(stream, documentOf(answered));
    case 'text':
      return (answered) => print(stream, new Text(`${lineOf(answered)}\n`));
  }
}

/** Time, user, address, ID and repository come first, so that columns can be cut and sorted. */
function lineOf(answered: AnsweredRequest): string {
  const { time, user = '-', address, id, repository = '-' } = answered;
  const { method, path, status, bytes, milliseconds } = answered;
  const why = messageOf(answered.error);
  return [
    ...[new Date(time).toISOString(), word(user), address, id, word(repository)],
    ...[word(method), word(path), status, `${bytes}B`, `${milliseconds.toFixed(1)}ms`],
    ...(why === undefined ? [] : [printable(JSON.stringify(why))]),
  ].join(' ');
}

function documentOf(answered: AnsweredRequest): unknown {
  const { time, user = null, address, id, repository = null } = answered;
  const { method, path, route, status, bytes, milliseconds } = answered;
  const error = messageOf(answered.error);
  return {
    ...{ time: new Date(time).toISOString(), user, address, id, repository },
    ...{ method, path, route, status, bytes },
    milliseconds: Number(milliseconds.toFixed(1)),
    ...(error === undefined ? {} : { error }),
  };
}

function messageOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  return error instanceof Error ? error.message : (JSON.stringify(error) ?? '');
}

/** Escapes text from a client to one word without spaces. */
function word(text: string): string {
  return printable(text).replace(/ /g, '\\x20');
}
