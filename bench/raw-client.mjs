// A client for measurements of servers: HTTP/1.1 on one kept connection, one request at a time, one reused buffer for answers,
// no headers but those given. It takes a fraction of the CPU time of `node:http`, so that the server is what is measured.
import { connect } from 'node:net';

const END = Buffer.from('\r\n\r\n');

/** Opens a connection. @param host `HOST:PORT`. */
export async function openClient(host) {
  const [hostname, port] = host.split(':');
  let waiting;
  let head = Buffer.alloc(0);
  let left;
  const buffer = Buffer.allocUnsafeSlow(512 * 1024);
  let closed;
  const fail = (error) => {
    closed = error;
    waiting?.reject(error);
  };
  const end = () => {
    const { resolve, answer } = waiting;
    [waiting, left, head] = [undefined, undefined, Buffer.alloc(0)];
    resolve(answer);
  };
  const read = (count) => {
    if (left === undefined) {
      const before = head.length;
      head = Buffer.concat([head, buffer.subarray(0, count)]);
      const at = head.indexOf(END);
      if (at < 0) return true;
      waiting.answer = parseHead(head.toString('latin1', 0, at));
      left = waiting.method === 'HEAD' ? 0 : waiting.answer.size;
      count = before + count - at - END.length;
    }
    left -= count;
    if (left < 0) fail(new Error('more bytes than Content-Length says'));
    if (left === 0) end();
    return true;
  };
  const socket = connect({ host: hostname, port, onread: { buffer, callback: read } });
  socket.setNoDelay(true);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.on('error', fail).on('close', () => fail(new Error('connection closed')));
  return {
    /** Sends `body` `times` times, and reads the answer. @throws for a status of 300 or more */
    async send(method, path, { body, times = 1, headers = {} } = {}) {
      if (closed) throw closed;
      const lines = [
        `${method} ${path} HTTP/1.1`,
        `host: ${host}`,
        ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
        ...(body || method === 'POST' ? [`content-length: ${(body?.length ?? 0) * times}`] : []),
      ];
      const answered = new Promise((resolve, reject) => (waiting = { method, resolve, reject }));
      socket.cork();
      socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
      for (let sent = 0; body && sent < times; sent++) {
        const isTaken = socket.write(body);
        if (sent === 0) socket.uncork();
        if (!isTaken) await new Promise((resolve) => socket.once('drain', resolve));
      }
      if (!body) socket.uncork();
      const answer = await answered;
      if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status}`);
      return answer;
    },
    close: () => socket.destroy(),
  };
}

function parseHead(text) {
  const headers = {};
  for (const line of text.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  if (headers['transfer-encoding']) throw new Error('chunked answers are not supported');
  return {
    status: Number(text.slice(9, 12)),
    headers,
    size: Number(headers['content-length'] ?? 0),
  };
}
