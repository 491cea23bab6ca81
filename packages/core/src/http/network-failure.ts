import { systemCode } from '../errors.js';

/** Network errors by their code; the others have a message of their own that says what failed. */
const NETWORK: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EAI_AGAIN: 'its name cannot be resolved now',
  ECONNABORTED: 'the connection was closed',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was closed',
  EHOSTUNREACH: 'no route to this host',
  ENETUNREACH: 'the network cannot be reached',
  ENOENT: 'no such socket',
  ENOTFOUND: 'no host of this name',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'no answer in time',
};
/** A certificate error may list thousands of names. */
const MAX_CHARACTERS = 300;

/** Says in words why a request got no answer. An error with a `cause` was worded before. */
export function networkFailure(error: unknown): string {
  const code = systemCode(error) ?? '';
  if (!(error instanceof Error)) return String(error).slice(0, MAX_CHARACTERS);
  const words = error.cause === undefined ? NETWORK[code] : undefined;
  return (
    words ?? ((error.message === '' ? code : error.message) || 'no reason').slice(0, MAX_CHARACTERS)
  );
}
