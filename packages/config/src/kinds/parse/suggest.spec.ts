import { expect, test } from 'vitest'
import { suggest } from './suggest.ts'

test.each([
  ['weigth', ['weight', 'host'], 'weight'],
  ['VirtualServce', ['ServiceEntry', 'VirtualService'], 'VirtualService'],
  ['SUBSET', ['subset'], 'subset'],
  ['RequestAuthentication', ['PeerAuthentication'], undefined],
  ['port', ['host'], undefined],
  ['x', ['uri'], undefined],
  ['a'.repeat(1000), ['aaa'], undefined],
])('%s', (written, candidates, expected) => expect(suggest(written, candidates)).toBe(expected))
