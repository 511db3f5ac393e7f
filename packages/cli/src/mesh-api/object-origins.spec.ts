import { describe, expect, it } from 'vitest'
import { readObjectOrigins, resolveOrigin } from './object-origins.ts'

const ORIGINS = readObjectOrigins([
  { kind: 'VirtualService', meta: { namespace: 'default', name: 'reviews' }, origin: { file: '/c/reviews.yaml', line: 2 } },
])

describe('origins of objects', () => {
  it('are found by the path in a resource', () => {
    expect(resolveOrigin('/apis/networking.istio.io/v1/namespaces/default/virtual-service/reviews', ORIGINS)).toBe('/c/reviews.yaml:2')
  })

  it.each(['', '/apis/x', '/apis/networking.istio.io/v1/namespaces/default/virtual-service/gone'])('leave %s as it is', path => {
    expect(resolveOrigin(path, ORIGINS)).toBe(path)
  })
})
