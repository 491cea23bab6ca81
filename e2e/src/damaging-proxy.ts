import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './run.js';

/** Damage to the archive that an engine sends: it ends early, its connection breaks, or one byte changes. */
export type Damage =
  | { readonly kind: 'ends' | 'breaks' | 'changes'; readonly at: (archive: Buffer) => number }
  | undefined;

/** A socket in front of an engine's that forwards everything, and damages the response to `docker save`. */
export async function damagingProxy(host: string, damage: Damage): Promise<string> {
  const path = join(await temporaryFolder(), 'proxy.sock');
  const server = createServer((incoming, outgoing) => {
    const { method, url = '', headers } = incoming;
    const socketPath = host.replace('unix://', '');
    const onward = request({ socketPath, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      if (damage && /\/get(?:\?|$)/.test(url)) void send(answer, outgoing, damage);
      else answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return `unix://${path}`;
}

async function send(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  { kind, at }: NonNullable<Damage>,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const archive = Buffer.concat(chunks);
  const position = at(archive);
  if (position < 0 || position >= archive.length) throw new RangeError(`no byte ${position}`);
  if (kind === 'changes') {
    archive.writeUInt8(archive.readUInt8(position) ^ 1, position);
    outgoing.end(archive);
  } else if (kind === 'ends') outgoing.end(archive.subarray(0, position));
  else outgoing.write(archive.subarray(0, position), () => outgoing.destroy());
}
