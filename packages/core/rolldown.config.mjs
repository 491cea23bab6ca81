import { bundled } from '../../rolldown.shared.mjs';

/** Modules of dockerode for what Stowage does itself: SSH, the session of a build, contexts, certificates, debug texts. */
const leftOut = [
  '@balena/dockerignore',
  '@grpc/grpc-js',
  '@grpc/proto-loader',
  'debug',
  'protobufjs',
  'split-ca',
  'ssh2',
  'tar-fs',
];

export default [
  bundled(
    {
      index: 'src/index.ts',
      'definition/index': 'src/definition/index.ts',
      registry: 'src/registry.ts',
      // Threads begin in these, beside whichever file starts them.
      'hash-worker': 'src/transfer/extents/hash-worker.ts',
      'password-worker': 'src/registry/access/password-worker.ts',
      'zstd-worker': 'src/compression/zstd-worker.ts',
    },
    { apart: ['./dockerode.js'] },
  ),
  // What CommonJS needs would be in a file that every command loads.
  bundled({ dockerode: 'src/engine/docker/dockerode.ts' }, { leftOut }),
];
