import { ImageError, systemCode } from '../errors.js';

const CONNECTION_ERRORS: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'EACCES',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EPROTOTYPE',
  'ENOTSOCK',
]);

/** What the engine's answer, or its silence, means. */
export function dockerError(error: unknown, location: string): unknown {
  if (error instanceof ImageError || !(error instanceof Error)) return error;
  const status = 'statusCode' in error ? error.statusCode : undefined;
  const reason =
    'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
  if (status === 404)
    return new ImageError('NOT_FOUND', `${location}: ${reason}`, { location, cause: error });
  if (status === 409)
    return new ImageError('CONFLICT', `${location}: ${reason}`, { location, cause: error });
  if (status !== undefined)
    return new ImageError('INVALID', `${location}: ${error.message}`, { location, cause: error });
  if (!CONNECTION_ERRORS.has(systemCode(error) ?? '')) return error;
  return new ImageError(
    'UNAVAILABLE',
    `${location}: expected a Docker Engine, got ${systemCode(error)}`,
    {
      location,
      hint: 'Start it, name another with --host or DOCKER_HOST, or use --engine embedded.',
      cause: error,
    },
  );
}
