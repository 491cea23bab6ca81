import { expect, it } from 'vitest';
import { pushedLine } from '../../../testing/stowage.js';

it('stowage tree draws what refers to an image', async () => {
  const { said, json, image, host } = await pushedLine();
  const digest = (await said(`digest ${image}`)).trim();
  expect(await said(`tree ${image}`)).toBe(`${image}  ${digest}\n`);
  await said(`attach ${image} stowage.yaml --type text/a`);
  const { referrers } = (await json(`tree ${image}`)) as {
    readonly referrers: readonly { readonly digest: string }[];
  };
  await said(`attach ${host}/team/app@${referrers[0]?.digest} stowage.yaml --type text/b`);
  await said(`attach ${image} stowage.yaml --type text/c`);
  const [first, ...lines] = (await said(`tree ${image}`)).trimEnd().split('\n');
  expect(first).toBe(`${image}  ${digest}`);
  expect(lines.map((line) => line.replace(/sha256:\w+$/, ''))).toEqual(
    lines[0]?.includes('text/a')
      ? ['├── text/a  ', '│   └── text/b  ', '└── text/c  ']
      : ['├── text/c  ', '└── text/a  ', '    └── text/b  '],
  );
});

it('stowage tree exits 3 for an image that is not there', async () => {
  const { stowage, host } = await pushedLine();
  expect((await stowage(`tree ${host}/team/absent:1`)).code).toBe(3);
});
