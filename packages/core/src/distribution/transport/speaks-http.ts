import { answerOf } from './answer.js';
import { Connections, type ConnectionOptions } from './connections.js';

/** Whether a server on this machine answers plain http; otherwise it may use TLS. */
export async function speaksHttp(
  host: string,
  options: Pick<ConnectionOptions, 'env' | 'timeout' | 'connectTimeout'>,
): Promise<boolean> {
  const url = new URL(`http://${host}/v2/`);
  const tlsFor = () => Promise.reject(new TypeError('http has no TLS settings'));
  using connections = new Connections({ ...options, tlsFor });
  try {
    const answer = answerOf(await connections.send(url, { method: 'GET', headers: {} }), url, true);
    await answer.dump();
    // A TLS server answers plain http with 400, or not at all.
    return answer.status !== 400;
  } catch {
    return false;
  }
}
