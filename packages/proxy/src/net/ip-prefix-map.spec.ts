import fc from 'fast-check'
import { BlockList } from 'node:net'
import { expect, test } from 'vitest'
import { ipBytes, IpPrefixMap } from './ip-prefix-map.ts'

test('texts of addresses', () => {
  expect(ipBytes('10.1.2.3')).toEqual(Uint8Array.of(10, 1, 2, 3))
  expect(ipBytes('::ffff:10.1.2.3')).toEqual(Uint8Array.of(10, 1, 2, 3))
  expect(ipBytes('2001:db8::1')).toEqual(Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1))
  expect(ipBytes('fe80::1%eth0')?.[0]).toBe(0xfe)
  for (const bad of ['', 'a', '1.2.3', '1:2:3', '::1::', 'g::', '1:2:3:4:5:6:7:8:9', '256.0.0.1']) expect(ipBytes(bad)).toBeNull()
})

test('the longest range that holds an address wins', () => {
  const ranges = new IpPrefixMap<string>()
  const add = (address: string, bits: number): void => ranges.set(ipBytes(address) ?? new Uint8Array(), bits, `${address}/${bits}`)
  add('0.0.0.0', 0)
  add('10.0.0.0', 8)
  add('10.1.128.0', 17)
  add('2001:db8::', 32)
  const find = (address: string): string | undefined => ranges.find(ipBytes(address) ?? new Uint8Array())
  expect(find('192.168.1.1')).toBe('0.0.0.0/0')
  expect(find('10.1.127.255')).toBe('10.0.0.0/8')
  expect(find('10.1.128.1')).toBe('10.1.128.0/17')
  expect(find('2001:db8:1::')).toBe('2001:db8::/32')
  expect(find('2001:db9::')).toBeUndefined()
})

test('agrees with the operating system about what lies in a range', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV6(), fc.integer({ min: 0, max: 128 }), (range, address, bits) => {
      const [rangeBytes, bytes] = [ipBytes(range), ipBytes(address)]
      if (rangeBytes === null || bytes === null || rangeBytes.length !== 16 || bytes.length !== 16) return
      const list = new BlockList()
      list.addSubnet(range, bits, 'ipv6')
      const map = new IpPrefixMap<boolean>()
      map.set(rangeBytes, bits, true)
      expect(map.find(bytes) ?? false).toBe(list.check(address, 'ipv6'))
    }),
  )
})
