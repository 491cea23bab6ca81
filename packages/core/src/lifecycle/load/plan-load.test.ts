import { describe, expect, it } from 'vitest';
import { storeWith } from '../../../testing/image.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { ensureInEngine } from '../../build/put-into.js';
import { EmbeddedEngine } from '../../engine/embedded.js';
import type { Opened } from '../../open.js';
import { missingNames, planLoad, resultsOf } from './plan-load.js';

async function planned(before?: string, as?: string) {
  const source = await storeWith('app:1');
  const engine = new EmbeddedEngine(await temporaryFolder(), { now: Date.now });
  if (before !== undefined) {
    await ensureInEngine(engine, source, 'app:1');
    await engine.tag('app:1', before);
    if (before !== 'app:1') await engine.remove('app:1');
  }
  const at: Opened = { source, kind: 'oci-archive', compression: 'none', notices: [] };
  const [plan] = await planLoad(engine, [{ input: './x.tar', at }], { as });
  if (!plan) throw new Error('expected a plan');
  const [result] = resultsOf(engine, plan);
  return { plan, result, missing: missingNames(plan) };
}

describe('the plan of a load', () => {
  it('sends an image that the engine lacks', async () => {
    const { plan, result, missing } = await planned();
    expect(plan.present).toBeUndefined();
    expect(missing).toEqual(['docker.io/library/app:1']);
    expect(result).toMatchObject({
      action: 'loaded',
      imageId: null,
      bytesSent: 0,
      engine: 'embedded',
    });
  });

  it('does nothing for one that it has under its name', async () => {
    const { result, missing } = await planned('app:1');
    expect([missing, result?.action]).toEqual([[], 'skipped']);
    expect(result?.imageId).toBe(result?.digest);
  });

  it('adds a name to one that it has under another', async () => {
    const { plan, result, missing } = await planned('other:1');
    expect(plan.present).toBeDefined();
    expect([missing, result?.action]).toEqual([['docker.io/library/app:1'], 'retagged']);
  });

  it('adds the name again where the one by digest is missing', async () => {
    const { plan } = await planned('app:1');
    const present = plan.present && {
      ...plan.present,
      withoutDigest: ['docker.io/library/app:1'],
    };
    expect(missingNames({ ...plan, present })).toEqual(['docker.io/library/app:1']);
  });

  it('adds no name that is a digest', async () => {
    const { missing } = await planned(undefined, `app@sha256:${'a'.repeat(64)}`);
    expect(missing).toEqual([]);
  });
});
