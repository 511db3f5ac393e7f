import { describe, expect, test } from 'vitest'
import { restoreProbes, rewriteProbes } from './rewrite-probes.ts'

const STATUS = 15_020
const asked = (page: string) => ({ httpGet: { path: `/app-health/shop/${page}`, port: STATUS, scheme: 'HTTP' } })

describe('probes go to the status port, which asks the application', () => {
  test.each([
    ['HTTP', { httpGet: { path: '/ready', port: 80, httpHeaders: [{ name: 'A', value: 'b' }] } }],
    ['HTTPS', { httpGet: { path: '/ready', port: 443, scheme: 'HTTPS' } }],
    ['TCP', { tcpSocket: { port: 3306 } }],
    ['gRPC', { grpc: { port: 9000, service: 'shop' } }],
  ])('%s', (_, probe) => {
    const container = { name: 'shop', readinessProbe: { ...probe, timeoutSeconds: 3, periodSeconds: 7 } }
    const { containers, pages, warnings } = rewriteProbes([container], STATUS)
    expect(containers).toEqual([{ name: 'shop', readinessProbe: { ...asked('readyz'), timeoutSeconds: 3, periodSeconds: 7 } }])
    expect(pages).toEqual({ '/app-health/shop/readyz': { ...probe, timeoutSeconds: 3 } })
    expect(warnings).toEqual([])
    expect(restoreProbes(containers, pages)).toEqual([container])
  })

  test('all three probes and both hooks; a port by its name', () => {
    const get = { httpGet: { path: '/x', port: 'web' } }
    const rest = { name: 'shop', ports: [{ name: 'web', containerPort: 8080 }] }
    const lifecycle = { preStop: get, postStart: get }
    const { containers, pages } = rewriteProbes(
      [{ ...rest, livenessProbe: get, startupProbe: get, readinessProbe: get, lifecycle }],
      STATUS,
    )
    expect(containers).toEqual([
      {
        ...rest,
        livenessProbe: asked('livez'),
        startupProbe: asked('startupz'),
        readinessProbe: asked('readyz'),
        lifecycle: { preStop: asked('prestopz'), postStart: asked('poststartz') },
      },
    ])
    expect(new Set(Object.values(pages).map(page => JSON.stringify(page)))).toEqual(new Set(['{"httpGet":{"path":"/x","port":8080}}']))
    expect(restoreProbes(containers, pages)[0]).toMatchObject({ lifecycle: { preStop: { httpGet: { path: '/x', port: 8080 } } } })
  })
})

test.each([
  ['a command', { exec: { command: ['true'] } }, []],
  ['a probe that was rewritten before', asked('readyz'), []],
  ['a port that is not declared', { httpGet: { path: '/', port: 'web' } }, [expect.stringContaining('names port "web"')]],
])('%s stays as it is', (_, readinessProbe, warnings) => {
  const container = { name: 'shop', readinessProbe }
  expect(rewriteProbes([container], STATUS)).toEqual({ containers: [container], pages: {}, warnings })
})

test('a hook that runs a command or sleeps stays', () => {
  const container = { name: 'shop', lifecycle: { preStop: { sleep: { seconds: 5 } }, postStart: { exec: { command: ['x'] } } } }
  expect(rewriteProbes([container], STATUS).containers).toEqual([container])
})
