// An engine without images at Docker's named pipe, until the file `stop` is in the current folder; makes `ready` there. Prints the
// requests.
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const ANSWERS = {
  '/version': {
    Version: '29.0.0',
    ApiVersion: '1.52',
    MinAPIVersion: '1.44',
    Os: 'linux',
    Arch: 'amd64',
  },
  '/info': {
    ServerVersion: '29.0.0',
    OSType: 'linux',
    Architecture: 'x86_64',
    Driver: 'overlayfs',
  },
};
const server = createServer(({ method, url = '' }, response) => {
  console.log(`${method} ${url}`);
  const [, path = url] = /^(?:\/v[0-9.]+)?(\/[^?]*)/.exec(url) ?? [];
  response
    .setHeader('API-Version', '1.52')
    .setHeader('OSType', 'linux')
    .setHeader('Server', 'Docker/29.0.0 (linux)');
  response.end(path === '/_ping' ? 'OK' : JSON.stringify(ANSWERS[path] ?? []));
});
server.listen('\\\\.\\pipe\\docker_engine', () => writeFileSync('ready', ''));
setInterval(() => existsSync('stop') && process.exit(), 100);
