import { expect, test } from 'vitest'
import { HostIndex } from './host-index.ts'

test('finds what overlaps, in both directions', () => {
  const index = new HostIndex<string>()
  for (const host of ['a.com', 'A.com', 'b.a.com', '*.com', '*.a.com', '*']) index.add(host, host)
  expect(index.overlapping('a.com')).toEqual(['a.com', 'A.com', '*.com', '*'])
  expect(index.overlapping('x.a.com')).toEqual(['*.com', '*.a.com', '*'])
  expect(index.overlapping('*.a.com')).toEqual(['b.a.com', '*.com', '*.a.com', '*'])
  expect(index.overlapping('org')).toEqual(['*'])
  expect(index.equal('A.COM')).toEqual(['a.com', 'A.com'])
  expect(index.equal('*.com')).toEqual(['*.com'])
})
