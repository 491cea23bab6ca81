import { describe, expect, it } from 'vitest';
import { storeWith } from '../../testing/image.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { EmbeddedEngine } from '../engine/embedded.js';
import { digestOf } from '../oci/digest.js';
import { resolveBaseReference } from './locked-base.js';
import type { PlatformOptions } from './make-options.js';
import { ensureInEngine } from './put-into.js';

const REFERENCE = 'docker.io/library/debian:12';
const OTHER = digestOf(Buffer.from('other'));

async function resolved(
  base: Partial<Parameters<typeof resolveBaseReference>[1]>,
  isPresent = true,
) {
  const engine = new EmbeddedEngine(await temporaryFolder(), { now: Date.now });
  const store = await storeWith('debian:12');
  if (isPresent) await ensureInEngine(engine, store, REFERENCE);
  const id = (await engine.inspect(REFERENCE))?.id;
  const notices: unknown[] = [];
  const options = {
    onEvent: (event: unknown) => void notices.push(event),
  } as unknown as PlatformOptions;
  return {
    id,
    notices,
    reference: resolveBaseReference(engine, { reference: REFERENCE, ...base }, options),
  };
}

describe('the reference for FROM', () => {
  it('is the name of a base that was copied into the engine', async () => {
    const source = await storeWith('debian:12');
    expect(await (await resolved({ source })).reference).toBe('debian:12');
  });

  it('is the name of a base without a lock, with a notice', async () => {
    const { reference, notices } = await resolved({});
    expect(await reference).toBe('debian:12');
    expect(notices).toMatchObject([{ type: 'notice' }]);
  });

  it('is the locked digest where the engine lacks the base', async () => {
    const { reference } = await resolved({ digest: OTHER }, false);
    expect(await reference).toBe(`debian@${OTHER}`);
  });

  it('is a CONFLICT where the engine has another image of that name', async () => {
    const { reference } = await resolved({ digest: OTHER });
    await expect(reference).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
