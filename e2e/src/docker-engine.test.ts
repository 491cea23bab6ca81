import { detectEngine } from '@stowage/core';
import { inject } from 'vitest';
import { engineContract } from '../../packages/core/testing/contracts/engine.js';
import { describeWith, DOCKER } from './peers.js';

describeWith(
  DOCKER,
  'a real Docker Engine',
  () => {
    engineContract('docker', () =>
      detectEngine({ engine: 'docker', host: inject('dockerHost'), storeFolder: '' }),
    );
  },
  { root: true },
);
