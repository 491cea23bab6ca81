import { deleteBlob, sendBlob } from './blobs.js';
import { answerJson, type Exchange } from './exchange.js';
import { sendCatalog, sendReferrers, sendTags } from './lists.js';
import { deleteManifest, putManifest, sendManifest } from './manifests.js';
import { Problem } from '../problem.js';
import type { Route } from './routes.js';
import { appendUpload, cancelUpload, finishUpload, sendUpload, startUpload } from './uploads.js';

export type Work = (exchange: Exchange) => Promise<void>;

/** Finds the handler of a method at an endpoint (OCI distribution spec 1.1, § Endpoints). @throws Problem UNSUPPORTED */
export function workFor(method: string, route: Route): Work {
  const works = handlersOf(route);
  const work = works[method];
  if (work) return work;
  const allow = Object.keys(works).join(', ');
  throw new Problem('UNSUPPORTED', `${method} is not allowed here, only ${allow}`, {
    headers: { allow },
  });
}

/** Whether a request uploads content in its body. */
export function uploadsContent(method: string, { kind }: Route): boolean {
  return (
    (kind === 'manifest' && method === 'PUT') ||
    ((kind === 'uploads' || kind === 'upload') && ['POST', 'PATCH', 'PUT'].includes(method))
  );
}

function handlersOf(route: Route): Readonly<Record<string, Work | undefined>> {
  switch (route.kind) {
    case 'version':
      return read(async (exchange) => answerJson(exchange, {}));
    case 'catalog':
      return read(sendCatalog);
    case 'tags':
      return read((exchange) => sendTags(exchange, route.name));
    case 'referrers':
      return read((exchange) => sendReferrers(exchange, route.name, route.digest));
    case 'manifest': {
      const { name, reference } = route;
      return {
        ...read((exchange) => sendManifest(exchange, name, reference)),
        PUT: (exchange) => putManifest(exchange, name, reference),
        DELETE: (exchange) => deleteManifest(exchange, name, reference),
      };
    }
    case 'blob': {
      const { name, digest } = route;
      return {
        ...read((exchange) => sendBlob(exchange, name, digest)),
        DELETE: (exchange) => deleteBlob(exchange, name, digest),
      };
    }
    case 'uploads':
      return { POST: (exchange) => startUpload(exchange, route.name) };
    case 'upload': {
      const { name, id } = route;
      return {
        GET: (exchange) => sendUpload(exchange, name, id),
        PATCH: (exchange) => appendUpload(exchange, name, id),
        PUT: (exchange) => finishUpload(exchange, name, id),
        DELETE: (exchange) => cancelUpload(exchange, name, id),
      };
    }
  }
}

function read(work: Work): Readonly<Record<'GET' | 'HEAD', Work>> {
  return { GET: work, HEAD: work };
}
