import { describe, expect, test } from 'vitest'
import { generate, snapshotOf } from '../translate/testdata/run-case.ts'

const CALLER = 'sidecar~10.1.1.1~client.default~default.svc.cluster.local'
const service = (name: string, port: number, rest = 'clusterIP: None', namespace = 'default'): string =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: ${namespace}}, spec: {${rest}, ports: [{name: http, port: ${port}}]}}`
const virtualService = (name: string, spec: string, namespace = 'default'): string =>
  `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: ${name}, namespace: ${namespace}}, spec: {${spec}}}`
/** The name of the route tells which object decided. */
const http = (name: string, rest = '', host = 'a'): string =>
  `http: [{name: ${name}, ${rest}${rest === '' ? '' : ', '}route: [{destination: {host: ${host}}}]}]`

/** Which object decides for each domain of the table: the name of its first route. */
function deciders(table: string, ...documents: string[]): Readonly<Record<string, string>> {
  const { routes } = generate(snapshotOf(documents.join('\n---\n')), CALLER, {
    NAMESPACE: 'default',
    LABELS: { app: 'client' },
  })
  const found = routes.find(one => one.message.name === table)
  return Object.fromEntries(
    found?.message.virtualHosts.flatMap(host => host.domains.map(domain => [domain, host.routes[0]?.name ?? ''])) ?? [],
  )
}

const A = service('a', 80, 'clusterIP: 10.0.0.1')

describe('several VirtualServices for one host', () => {
  test('the oldest decides alone', () => {
    const found = deciders(
      '80',
      A,
      virtualService('x', `hosts: [a], ${http('older')}`),
      virtualService('w', `hosts: [a], ${http('younger')}`),
    )
    expect(found).toMatchObject({ a: 'older', 'a.default.svc.cluster.local': 'older', '10.0.0.1': 'older' })
  })

  test('one without a route for this caller leaves the host to the next', () => {
    const match = 'match: [{sourceLabels: {app: other}}]'
    const [older, younger] = [
      virtualService('x', `hosts: [a], ${http('older', match)}`),
      virtualService('y', `hosts: [a], ${http('younger')}`),
    ]
    expect(deciders('80', A, older, younger)).toMatchObject({ a: 'younger' })
    expect(deciders('80', A, older)).toMatchObject({ a: 'default' })
  })

  test('what is meant for the own namespace comes before what is meant for all', () => {
    const everybody = virtualService('x', `hosts: [a], ${http('everybody')}`)
    const named = virtualService('y', `exportTo: [default], hosts: [a.default.svc.cluster.local], ${http('named')}`, 'team')
    const own = virtualService('z', `exportTo: [.], hosts: [a], ${http('own')}`)
    expect(deciders('80', A, everybody, named, own)).toMatchObject({ a: 'own' })
    expect(deciders('80', A, everybody, named)).toMatchObject({ a: 'named' })
  })
})

describe('wildcards', () => {
  const wild = virtualService('w', `hosts: ['*.svc.cluster.local'], ${http('wild')}`)
  const narrower = virtualService('n', `hosts: ['*.default.svc.cluster.local'], ${http('narrower')}`)
  const exact = virtualService('e', `hosts: [a], ${http('exact', 'match: [{sourceLabels: {app: other}}]')}`)

  test('the longest pattern decides, whatever its age', () => {
    expect(deciders('80', A, service('b', 80, 'clusterIP: 10.0.0.2', 'team'), wild, narrower)).toMatchObject({
      a: 'narrower',
      'b.team': 'wild',
    })
  })

  test('an exact host hides patterns even where it has no route', () => {
    expect(deciders('80', A, wild, exact)).toMatchObject({ a: 'default' })
  })
})

describe('hosts that no service has', () => {
  const strange = (rest = '', host = 'a'): string => virtualService('s', `hosts: [shop.example.com], ${http('strange', rest, host)}`)
  const B = service('b', 8080, 'clusterIP: 10.0.0.2')

  test('are reached at port 80, under the name that is written and no other', () => {
    expect(deciders('80', A, B, strange())['shop.example.com']).toBe('strange')
    expect(deciders('80', A, virtualService('s', `hosts: [shop], ${http('strange')}`))).not.toHaveProperty('shop')
  })

  test('are reached at the ports of the services that their rules lead to', () => {
    expect(deciders('8080', A, B, strange('', 'b'))['shop.example.com']).toBe('strange')
    expect(deciders('8080', A, B, strange())).not.toHaveProperty(['shop.example.com'])
  })

  test('are reached at the ports of services that stand beside them', () => {
    const beside = virtualService('s', `hosts: [b, shop.example.com], ${http('strange')}`)
    expect(deciders('8080', A, B, beside)['shop.example.com']).toBe('strange')
  })

  test('take a name that a service has only by abbreviation', () => {
    const short = virtualService('s', `hosts: [a.default], ${http('strange')}`)
    expect(deciders('80', A, short)).toMatchObject({ 'a.default': 'strange', a: 'default' })
  })
})

describe('names of a service', () => {
  test('pods of a headless service are reached by theirs', () => {
    expect(deciders('80', service('h', 80), virtualService('v', `hosts: [h], ${http('headless', '', 'h')}`))).toMatchObject({
      '*.h.default.svc.cluster.local': 'headless',
      '*.h': 'headless',
      h: 'headless',
    })
  })

  test('a short name gives way to a full one', () => {
    const entry = `{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: e}, spec: {hosts: [a.default], location: MESH_EXTERNAL, resolution: DNS, ports: [{number: 80, name: http, protocol: HTTP}]}}`
    const found = deciders('80', A, entry, virtualService('v', `hosts: [a.default], ${http('external', '', 'a.default')}`))
    expect(found).toMatchObject({ a: 'default', 'a.default': 'external' })
  })

  test('addresses of IPv6 stand in brackets', () => {
    expect(deciders('80', service('s', 80, "clusterIP: '2001:db8::1'"))).toHaveProperty(['[2001:db8::1]'])
  })
})
