import { expect, test } from 'vitest'
import { addressData } from './address-data.ts'

test.each([
  ['10.0.0.255', '0a0000ff'],
  ['::', '0'.repeat(32)],
  ['::1', `${'0'.repeat(31)}1`],
  ['fd00::', `fd00${'0'.repeat(28)}`],
  ['2001:db8:0:1::a:b', '20010db80000000100000000000a000b'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['::ffff:10.0.0.1', '00000000000000000000ffff0a000001'],
  ['fe80::1%eth0', `fe80${'0'.repeat(27)}1`],
])('%s', (address, hex) => {
  expect(addressData(address).toString('hex')).toBe(hex)
})
