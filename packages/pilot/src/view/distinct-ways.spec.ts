import { expect, test } from 'vitest'
import type { TcpWay } from '../translate/listeners/inputs.ts'
import { distinctWays } from './distinct-ways.ts'

function way(cluster: string, serverNames: readonly string[], subnets: readonly string[] = []): TcpWay {
  return { serverNames, subnets, destinations: [{ cluster, weight: 1 }] }
}

function shown(ways: readonly TcpWay[]): readonly string[] {
  return distinctWays(ways).map(
    ({ destinations, serverNames, subnets }) => `${destinations[0]?.cluster}: ${serverNames.join(',')} ${subnets.join(',')}`,
  )
}

test('ways that have nothing in common stay as they are', () => {
  expect(shown([way('a', ['x.test', 'y.test']), way('b', ['z.test']), way('c', []), way('d', [], ['10.0.0.0/8'])])).toEqual([
    'a: x.test,y.test ',
    'b: z.test ',
    'c:  ',
    'd:  10.0.0.0/8',
  ])
})

test('a name that an earlier way has is taken from the later one, and a way that has nothing left is dropped', () => {
  expect(shown([way('a', ['x.test', 'y.test']), way('b', ['Y.test', 'z.test']), way('c', ['x.test']), way('d', []), way('e', [])])).toEqual(
    ['a: x.test,y.test ', 'b: z.test ', 'd:  '],
  )
})

test('blocks that are the same however they are written count once', () => {
  expect(shown([way('a', [], ['10.1.2.3/24']), way('b', [], ['10.1.2.0/24', '10.1.2.9']), way('c', [], ['10.1.2.9/32'])])).toEqual([
    'a:  10.1.2.3/24',
    'b:  10.1.2.9',
  ])
})

test('a name free at one block only keeps that block', () => {
  expect(shown([way('a', ['x.test'], ['10.0.0.0/8']), way('b', ['x.test', 'y.test'], ['10.0.0.0/8', '11.0.0.0/8'])])).toEqual([
    'a: x.test 10.0.0.0/8',
    'b: x.test 11.0.0.0/8',
    'b: y.test 10.0.0.0/8,11.0.0.0/8',
  ])
})
