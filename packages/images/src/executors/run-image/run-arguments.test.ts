import { expect, it } from 'vitest';
import { runArguments, type ContainerOptions } from './run-arguments.js';

const RUN = ['run', '--rm', '--init', '--pull=never', '--name=one'];

it.each<[string, ContainerOptions, string[]]>([
  ['nothing', {}, ['app:1']],
  [
    'ports',
    { ports: ['8080:80', '127.0.0.1::81'] },
    ['--publish=8080:80', '--publish=127.0.0.1::81', 'app:1'],
  ],
  ['variables', { env: { A: '1', B: 'x y=z' } }, ['--env=A=1', '--env=B=x y=z', 'app:1']],
  [
    'volumes',
    { volumes: ['data:/data', './src:/src:ro', '/abs:/abs'] },
    ['--volume=data:/data', '--volume=/ws/./src:/src:ro', '--volume=/abs:/abs', 'app:1'],
  ],
  [
    'a network and arguments',
    { network: 'host', args: ['sh', '-c', 'ls'] },
    ['--network=host', 'app:1', 'sh', '-c', 'ls'],
  ],
])('passes %s', (_what, options, expected) => {
  expect(runArguments('app:1', { ...options, name: 'one' }, (path) => `/ws/${path}`)).toEqual([
    ...RUN,
    ...expected,
  ]);
});
