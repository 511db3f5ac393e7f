import { describe, expect, it } from 'vitest'

import type { Answer, Note } from '../pod/messages.ts'
import { awaitsMoreUpstream, check } from './check.ts'
import type { Must } from './must.ts'

const answer: Answer = { outcome: 'ok', status: 200, endpoint: 'a', headers: [['x-id', '7']], body: '', serverCert: [], durationMs: 5 }
const note: Note = {
  endpoint: 'a',
  port: 80,
  protocol: 'HTTP/1.1',
  method: 'GET',
  path: '/',
  host: 'h',
  sni: '',
  headers: [['x-id', 'abc']],
  body: '',
}

function differences(must: Must, answers: readonly Answer[] = [answer], notes: readonly Note[] = [note]): number {
  return check(must, { answers, notes, triesSlack: 0 }).length
}

describe('check', () => {
  it.each<[string, Must, number]>([
    ['status', { status: 200 }, 0],
    ['another status', { status: 404 }, 1],
    ['endpoint', { endpoint: 'a' }, 0],
    ['an answer made by a proxy', { endpoint: null }, 1],
    ['any error is as good as another', { outcome: 'error:reset' }, 1],
    ['requests per endpoint', { upstreamRequests: { a: 1 } }, 0],
    ['an endpoint that must not be asked', { upstreamRequests: {} }, 1],
    ['a bare total', { upstreamRequests: 2 }, 1],
    ['what the endpoint received', { upstream: { path: '/x', headers: { 'x-id': 'abc' } } }, 1],
    ['a header that must be absent', { responseHeaders: { 'x-id': null } }, 1],
    ['a placeholder', { responseHeaders: { 'x-id': '<ms>' } }, 0],
    ['a firm lower bound', { durationMs: { min: 10 } }, 1],
    ['exact statuses', { statuses: { '200': 1 } }, 0],
    ['a share', { share: { a: 80, b: 20 }, tolerancePoints: 5 }, 1],
    ['bounds', { rule: { statusCount: { '200': [1, 2] } } }, 0],
    ['different endpoints', { rule: { minEndpoints: 2 } }, 1],
  ])('%s', (_, must, count) => {
    expect(differences(must)).toBe(count)
  })

  it('does not pass over a key that it does not know', () => {
    const unknown: Must = JSON.parse('{"sorcery": 1}')
    expect(differences(unknown)).toBe(1)
  })

  it('waits for copies that are still on their way', () => {
    expect(awaitsMoreUpstream({ upstreamRequests: { a: 1, mirror: 1 } }, [note])).toBe(true)
    expect(awaitsMoreUpstream({ upstreamRequests: { a: 1 } }, [note])).toBe(false)
  })
})

it('counts any endpoint of a share where a proxy made the answer, and only there', () => {
  const seen = { answers: [{ ...answer, endpoint: null }], notes: [note], triesSlack: 0, byChance: new Set(['a', 'b']) }
  expect(check({ endpoint: null, upstreamRequests: { b: 1 } }, seen)).toEqual([])
  expect(check({ endpoint: null, upstreamRequests: { b: 2 } }, seen)).toHaveLength(1)
  expect(check({ upstreamRequests: { b: 1 } }, seen)).toHaveLength(1)
  expect(check({ endpoint: null, upstreamRequests: { c: 1 } }, seen)).toHaveLength(1)
})
