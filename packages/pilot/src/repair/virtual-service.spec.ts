import { readText } from '@meshwork/config/file'
import { describe, expect, test } from 'vitest'
import { repair } from './repair.ts'

function repaired(route: string): { readonly http: unknown; readonly left: readonly string[]; readonly same: boolean } {
  const text = `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a}, spec: {hosts: [a], http: [{route: [{destination: {host: a}}], ${route}}]}}`
  const { objects, rejections } = readText(text, 't.yaml')
  const [object] = objects
  if (object === undefined) throw new Error(JSON.stringify(rejections))
  const { object: mended, findings } = repair(object)
  const { spec } = mended as { readonly spec: { readonly http: readonly unknown[] } }
  return { http: spec.http[0], left: findings.map(({ path }) => path), same: mended === object }
}

test('an object without bad parts stays the same object', () => {
  const { same, left } = repaired(
    'headers: {request: {set: {host: b.c, x-a: "%REQ(x-b)% 100%%"}, remove: [x-c]}}, fault: {abort: {httpStatus: 500}}',
  )
  expect({ same, left }).toEqual({ same: true, left: [] })
})

describe('what proxies refuse is left out, and said', () => {
  test('headers', () => {
    const { http, left } = repaired(
      'headers: {request: {set: {bad name: a, ok: c}, remove: [ok, a b], add: {host: a}}, response: {set: {p: "%NO_SUCH%"}}}, appendHeaders: {a b: c}',
    )
    expect(left.toSorted()).toEqual([
      'spec.http[0].appendHeaders.a b',
      'spec.http[0].headers.request.remove[1]',
      'spec.http[0].headers.request.set.bad name',
      'spec.http[0].headers.response.set.p',
    ])
    expect(http).toMatchObject({
      headers: { request: { set: { ok: 'c' }, remove: ['ok'], add: { host: 'a' } }, response: { set: {} } },
      appendHeaders: {},
    })
  })

  test('an abort without a status, and the fault with it', () => {
    expect(repaired('fault: {abort: {}}')).toMatchObject({ left: ['spec.http[0].fault.abort'] })
    expect(repaired('fault: {abort: {}}').http).not.toHaveProperty('fault')
    expect(repaired('fault: {abort: {percentage: {value: 1}}, delay: {fixedDelay: 1s}}').http).toMatchObject({
      fault: { delay: { fixedDelayMs: 1000 } },
    })
  })
})
