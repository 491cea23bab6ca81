import { describe, expect, it } from 'vitest';
import { storeWith } from '../../testing/image.js';
import { temporaryFolder } from '../../testing/temporary.js';
import type { Builder, Engine, EngineImage } from '../engine/engine.js';
import { EmbeddedEngine } from '../engine/embedded.js';
import { digestOf } from '../oci/digest.js';
import { resolveBaseReference } from './locked-base.js';
import { ensureInEngine } from './put-into.js';

const REFERENCE = 'docker.io/library/debian:12';
const OTHER = digestOf(Buffer.from('other'));

async function resolved(
  base: Partial<Parameters<typeof resolveBaseReference>[1]>,
  {
    isPresent = true,
    kind = 'classic',
    pull = false,
  }: { isPresent?: boolean; kind?: Builder['kind']; pull?: boolean } = {},
) {
  const engine = new EmbeddedEngine(await temporaryFolder(), { now: Date.now });
  const store = await storeWith('debian:12');
  if (isPresent) await ensureInEngine(engine, store, REFERENCE);
  const id = (await engine.inspect(REFERENCE))?.id;
  // As an engine with containerd's image store tells it.
  const inspect = async (image: string): Promise<EngineImage | undefined> => {
    const found = await engine.inspect(image);
    return found && { ...found, digests: [found.id] };
  };
  const containerd: Pick<Engine, 'location' | 'inspect'> = { location: 'x', inspect };
  const notices: unknown[] = [];
  const options = {
    signal: undefined,
    onEvent: (event: unknown) => void notices.push(event),
    builder: { kind },
    pull,
  };
  return {
    id,
    notices,
    reference: resolveBaseReference(containerd, { reference: REFERENCE, ...base }, options),
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
    const { reference } = await resolved({ digest: OTHER }, { isPresent: false });
    expect(await reference).toBe(`debian@${OTHER}`);
  });

  it('is a CONFLICT where the engine has another image of that name', async () => {
    const { reference } = await resolved({ digest: OTHER });
    await expect(reference).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('has the digest of the image of the engine for BuildKit', async () => {
    const source = await storeWith('debian:12');
    const copied = await resolved({ source }, { kind: 'buildkit' });
    expect(await copied.reference).toBe(`debian:12@${copied.id}`);
    const unlocked = await resolved({}, { kind: 'buildkit' });
    expect(await unlocked.reference).toBe(`debian:12@${unlocked.id}`);
    const locked = await resolved({ digest: unlocked.id ?? OTHER }, { kind: 'buildkit' });
    expect(await locked.reference).toBe(`debian:12@${unlocked.id}`);
  });

  it('is what the registry has when it is asked anew', async () => {
    const unlocked = await resolved({}, { kind: 'buildkit', pull: true });
    expect(await unlocked.reference).toBe('debian:12');
    const locked = await resolved({ digest: OTHER }, { pull: true });
    expect(await locked.reference).toBe(`debian@${OTHER}`);
  });
});
