import { expect, it } from 'vitest';
import { redactor } from './redact.js';

it.each([
  ['token s3cret here', 'token *** here'],
  ['a line of key 1', 'a line of ***'],
  ['s3cret-longer, s3cret', '***, ***'],
  ['abc', 'abc'],
])('%j is shown as %j', (text, shown) => {
  const secrets = ['s3cret', 's3cret-longer\n', 'key 1\r\nkey 2', 'abc', ''];
  expect(redactor(secrets.map((each) => Buffer.from(each)))(text)).toBe(shown);
});
