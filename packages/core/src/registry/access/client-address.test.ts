import { expect, it } from 'vitest';
import { addressOf, clientOf } from './client-address.js';

it.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::FFFF:10.0.0.1', '10.0.0.1'],
  ['2001:db8::1', '2001:db8::1'],
  [undefined, ''],
])('the address of %s is %j', (remoteAddress, expected) => {
  expect(addressOf({ socket: { remoteAddress } })).toBe(expected);
});

it.each([
  ['10.0.0.1', '10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['', ''],
])('limits count the client %s as %s', (address, expected) => {
  expect(clientOf(address)).toBe(expected);
});
