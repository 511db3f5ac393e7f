import { describe, expect, test } from 'vitest'
import { checkExportTo, checkGatewayName, checkLabels } from './naming.ts'

describe('gateway names', () => {
  test.each(['mesh', 'gw', 'ns/gw', 'gw.ns.svc.cluster.local'])('%s', name => expect(checkGatewayName('p', name)).toEqual([]))
  test.each(['', '/', 'a/', '/a', 'A/B/C', 'a_b', '*/gw', './gw', 'ns/gw.with.dots'])('not %j', name =>
    expect(checkGatewayName('p', name)).toHaveLength(1),
  )
})

test('exportTo', () => {
  const codes = (...entries: string[]): readonly string[] => checkExportTo('p', entries, 'nobody-forbidden').map(({ code }) => code)
  expect(codes()).toEqual([])
  expect(codes('.', 'ns')).toEqual([])
  expect(codes('*', 'ns')).toEqual(['bad-export'])
  expect(codes('ns', 'ns')).toEqual(['duplicate'])
  expect(codes('~')).toEqual(['bad-export'])
  expect(checkExportTo('p', ['~'], 'nobody-allowed')).toEqual([])
})

test('labels follow the syntax of Kubernetes', () => {
  expect(checkLabels('p', { 'a.b/c-d': 'x_1.y', plain: '' })).toEqual([])
  expect(checkLabels('p', { '/c': 'a', 'a b': 'a', x: '-a', y: '*' })).toHaveLength(4)
})
