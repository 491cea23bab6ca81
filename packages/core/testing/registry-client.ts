import type { IncomingMessage, RequestListener } from 'node:http';
import { onTestFinished } from 'vitest';
import { RegistryClient, type RegistryOptions } from '../src/distribution/transport/client.js';
import { surroundingsOf } from '../src/surroundings.js';
import { listening } from './listening.js';

/** A client of a server that answers as given, without login and retries; both end with the test. */
export async function clientOf(answer: RequestListener, options: Partial<RegistryOptions> = {}) {
  const requests: string[] = [];
  const address = await listening((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  const client = await RegistryClient.open(address, {
    credentials: async () => undefined,
    plainHttp: true,
    retries: 0,
    surroundings: surroundingsOf(),
    ...options,
  });
  onTestFinished(() => client[Symbol.asyncDispose]());
  return { client, address, requests };
}

/** The whole body of a request. */
export async function bodyOfRequest(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
