import { describe, expect, it } from 'vitest';
import { syncedWorkspace } from '../../../testing/synced.js';
import { NAME } from '../../../testing/workspace.js';
import { deleteImage, sendImage } from './sync-send.js';

const TAGS = [NAME, `${NAME}.record`];

async function start() {
  const made = await syncedWorkspace();
  const { workspace, shared, mine, call, requests } = made;
  const send = (isThere = false, options = {}) =>
    sendImage(shared, workspace.place, mine, isThere, { ...call, ...options });
  const puts = () => requests.splice(0).filter((each) => /^PUT .*\/manifests\//.test(each));
  return { ...made, send, puts };
}

describe('an image that is sent', () => {
  it('is there before its record', async () => {
    const { send, puts, tags, mine } = await start();
    const result = await send();
    expect(result).toMatchObject({ name: NAME, action: 'sent', digest: mine.record.digest });
    expect(result.bytes).toBeGreaterThan(0);
    expect(await tags()).toEqual(TAGS);
    const order = puts().map((each) => each.split('/').at(-1));
    expect(order.indexOf(NAME)).toBeLessThan(order.indexOf(`${NAME}.record`));
  });

  it('is not sent again while its record is there', async () => {
    const { send, puts } = await start();
    await send();
    puts();
    expect(await send(true)).toMatchObject({ action: 'same', bytes: 0 });
    expect(puts()).toEqual([]);
  });

  it('is not sent in a dry run', async () => {
    const { send, tags } = await start();
    expect(await send(false, { dryRun: true })).toMatchObject({ action: 'sent', bytes: 0 });
    expect(await tags()).toEqual([]);
  });
});

describe('an image that is deleted', () => {
  it('loses its record and its tag, in a dry run none', async () => {
    const { send, shared, tags, call } = await start();
    await send();
    const dry = { ...call, dryRun: true };
    expect(await deleteImage(shared, NAME, new Set(), dry)).toMatchObject({ action: 'deleted' });
    expect(await tags()).toEqual(TAGS);
    await deleteImage(shared, NAME, new Set(), call);
    expect(await tags()).toEqual([]);
  });
});
