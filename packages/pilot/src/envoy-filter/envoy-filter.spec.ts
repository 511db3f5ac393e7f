import { unpackAny } from '@meshwork/protos/any'
import type { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { describe, expect, test } from 'vitest'
import { type GeneratedView, joinViews } from '../push/generated-view.ts'
import { ViewGenerator } from '../push/view-generator.ts'
import { HTTP_CONNECTION_MANAGER } from '../translate/envoy/messages.ts'
import { snapshotOf } from '../translate/testdata/run-case.ts'
import { parseProxyNode } from '../view/proxy-node.ts'
import { viewIdentity } from '../view/view-identity.ts'
import { viewParts } from '../view/view-parts.ts'
import { compilePatches } from './compile-patches.ts'
import { ViewPatcher } from './view-patcher.ts'

const MESH = `
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: default}
spec: {clusterIP: 10.96.0.10, selector: {app: reviews}, ports: [{name: http, port: 9080}, {name: tcp, port: 9090}]}
---
apiVersion: v1
kind: Pod
metadata: {name: reviews-v1, namespace: default, labels: {app: reviews}}
spec: {serviceAccountName: reviews, containers: [{name: app, image: app}]}
status: {phase: Running, podIP: 10.1.3.1, conditions: [{type: Ready, status: 'True'}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: reviews, namespace: default}
subsets: [{addresses: [{ip: 10.1.3.1, targetRef: {kind: Pod, name: reviews-v1, namespace: default}}], ports: [{name: http, port: 9080}]}]
`

interface Outcome {
  readonly view: GeneratedView
  readonly problems: readonly string[]
}

let created = 0

function envoyFilter(spec: string, namespace: string = 'default'): string {
  created++
  return `---\n{apiVersion: networking.istio.io/v1alpha3, kind: EnvoyFilter, metadata: {name: f${created}, namespace: ${namespace}, creationTimestamp: "${new Date(created * 1000).toISOString()}"}, spec: ${spec}}\n`
}

function patch(applyTo: string, match: string, change: string, rest: string = ''): string {
  return envoyFilter(`{configPatches: [{applyTo: ${applyTo}, match: ${match}, patch: ${change}}]${rest}}`)
}

function patched(filters: string, metadata: Readonly<Record<string, unknown>> = {}): Outcome {
  const snapshot = snapshotOf(MESH + filters)
  const node = parseProxyNode({
    id: 'sidecar~10.1.3.1~reviews-v1.default~default.svc.cluster.local',
    cluster: '',
    metadata: { LABELS: { app: 'reviews' }, INTERCEPTION_MODE: 'REDIRECT', ...metadata },
    locality: { region: '', zone: '', subZone: '' },
    userAgentName: '',
  })
  if (node.kind === 'err') throw new Error(node.error)
  const patcher = new ViewPatcher()
  const generator = new ViewGenerator()
  const parts = viewParts(viewIdentity(node.value, snapshot), snapshot)
  const views = parts.map(part =>
    patcher.patch(generator.generate(part.plan(part.identity, snapshot)), part.identity, part.context, snapshot),
  )
  const unread = snapshot.envoyFilters.flatMap(object => compilePatches(object).problems.map(({ message }) => message))
  const view = joinViews(views)
  return { view, problems: [...unread, ...view.findings.map(({ violation }) => violation.message)] }
}

function listener(view: GeneratedView, name: string): Listener | undefined {
  return view.listeners.find(({ resource }) => resource.name === name)?.message
}

/** Names of the HTTP filters of the first connection manager of a listener. */
function httpFilters(view: GeneratedView, name: string): readonly string[] {
  for (const { filters } of listener(view, name)?.filterChains ?? []) {
    for (const { configType } of filters) {
      const manager = configType?.$case === 'typedConfig' ? unpackAny(HTTP_CONNECTION_MANAGER, configType.value) : undefined
      if (manager !== undefined) return manager.httpFilters.map(filter => filter.name)
    }
  }
  return []
}

const ROUTER =
  '{context: SIDECAR_OUTBOUND, listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager, subFilter: {name: envoy.filters.http.router}}}}}'
const CSRF =
  '{name: envoy.filters.http.csrf, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.csrf.v3.CsrfPolicy, filter_enabled: {default_value: {numerator: 100}}}}'
const OUTBOUND = '0.0.0.0_9080'
const FILTERS = ['envoy.filters.http.cors', 'envoy.filters.http.fault', 'envoy.filters.http.router']

describe('patches of today', () => {
  test.each([
    ['INSERT_BEFORE', ['envoy.filters.http.cors', 'envoy.filters.http.fault', 'envoy.filters.http.csrf', 'envoy.filters.http.router']],
    ['INSERT_FIRST', ['envoy.filters.http.csrf', ...FILTERS]],
    ['ADD', ['envoy.filters.http.cors', 'envoy.filters.http.fault', 'envoy.filters.http.csrf', 'envoy.filters.http.router']],
    ['REPLACE', ['envoy.filters.http.cors', 'envoy.filters.http.fault', 'envoy.filters.http.csrf']],
    ['REMOVE', ['envoy.filters.http.cors', 'envoy.filters.http.fault']],
  ])('HTTP_FILTER %s, on the chosen side only', (operation, expected) => {
    const { view } = patched(patch('HTTP_FILTER', ROUTER, `{operation: ${operation}, value: ${CSRF}}`))
    expect(httpFilters(view, OUTBOUND)).toEqual(expected)
    expect(httpFilters(view, 'virtualInbound')).toEqual(httpFilters(patched('').view, 'virtualInbound'))
  })

  test('MERGE appends lists, replaces durations, and goes into packed messages of one type', () => {
    const { view, problems } = patched(
      patch(
        'CLUSTER',
        '{cluster: {service: reviews.default.svc.cluster.local, portNumber: 9080}}',
        '{operation: MERGE, value: {connect_timeout: 0.25s}}',
      ) +
        patch(
          'NETWORK_FILTER',
          '{context: SIDECAR_OUTBOUND, listener: {portNumber: 9080, filterChain: {filter: {name: envoy.filters.network.http_connection_manager}}}}',
          '{operation: MERGE, value: {name: x, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, stream_idle_timeout: 5s}}}',
        ) +
        patch(
          'VIRTUAL_HOST',
          '{routeConfiguration: {vhost: {name: "reviews.default.svc.cluster.local:9080"}}}',
          '{operation: MERGE, value: {response_headers_to_add: [{header: {key: a, value: b}}]}}',
        ),
    )
    expect(problems).toEqual([])
    const clusters = new Map(view.clusters.map(({ message }) => [message.name, message.connectTimeout]))
    expect(clusters.get('outbound|9080||reviews.default.svc.cluster.local')).toEqual({ seconds: 0n, nanos: 250_000_000 })
    expect(clusters.get('outbound|9090||reviews.default.svc.cluster.local')).toEqual({ seconds: 10n, nanos: 0 })
    const [filter] = listener(view, OUTBOUND)?.filterChains[0]?.filters ?? []
    const manager = filter?.configType?.$case === 'typedConfig' ? unpackAny(HTTP_CONNECTION_MANAGER, filter.configType.value) : undefined
    expect(manager?.streamIdleTimeout).toEqual({ seconds: 5n, nanos: 0 })
    expect(manager?.httpFilters.map(({ name }) => name)).toEqual(FILTERS)
    const hosts = view.routes.flatMap(({ message }) => message.virtualHosts)
    expect(hosts.filter(host => host.responseHeadersToAdd.length > 0).map(host => host.name)).toEqual([
      'reviews.default.svc.cluster.local:9080',
    ])
  })

  test('a bad patch is reported and left out, the others are applied', () => {
    const { view, problems } = patched(
      patch('HTTP_FILTER', ROUTER, '{operation: INSERT_BEFORE, value: {nmae: x}}') +
        patch('HTTP_FILTER', ROUTER, '{operation: INSERT_BEFORE, value: {name: 7}}') +
        patch('BOOTSTRAP', '{}', '{operation: MERGE, value: {}}') +
        patch('HTTP_FILTER', ROUTER, `{operation: INSERT_BEFORE, value: ${CSRF}}`),
    )
    expect(problems).toEqual([
      'spec.configPatches[0].patch.value has no name',
      'spec.configPatches[0].patch.value: name: must be a text; put 7 in quotes',
      'patches of BOOTSTRAP are not supported',
    ])
    expect(httpFilters(view, OUTBOUND)).toContain('envoy.filters.http.csrf')
  })

  test('a field that Envoy does not have is passed over and told, the rest of its patch is applied', () => {
    const { view, problems } = patched(
      patch('HTTP_FILTER', ROUTER, `{operation: INSERT_BEFORE, value: ${CSRF.replace('{', '{disbled: true, ')}}`) +
        patch('CLUSTER', '{cluster: {portNumber: 9080}}', '{operation: MERGE, value: {connect_timeout: 0.25s, of_tomorrow: {a: 1}}}'),
    )
    expect(problems).toEqual([
      'unknown field of envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter (did you mean disabled?)',
      'unknown field of envoy.config.cluster.v3.Cluster',
    ])
    expect(httpFilters(view, OUTBOUND)).toContain('envoy.filters.http.csrf')
    const clusters = new Map(view.clusters.map(({ message }) => [message.name, message.connectTimeout]))
    expect(clusters.get('outbound|9080||reviews.default.svc.cluster.local')).toEqual({ seconds: 0n, nanos: 250_000_000 })
  })

  test('an extension without definition here is handed on in a form that Envoy reads', () => {
    const lua =
      '{name: lua, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua, default_source_code: {inline_string: "x"}}}'
    const { view, problems } = patched(patch('HTTP_FILTER', ROUTER, `{operation: INSERT_BEFORE, value: ${lua}}`))
    expect(problems).toEqual([])
    const [filter] = listener(view, OUTBOUND)?.filterChains[0]?.filters ?? []
    const manager = filter?.configType?.$case === 'typedConfig' ? unpackAny(HTTP_CONNECTION_MANAGER, filter.configType.value) : undefined
    const packed = manager?.httpFilters.find(({ name }) => name === 'lua')?.configType
    expect(packed?.$case === 'typedConfig' ? packed.value.typeUrl : undefined).toBe('type.googleapis.com/xds.type.v3.TypedStruct')
  })

  test('clusters and listeners are added once and removed; a name that exists stays as it is', () => {
    const cluster = '{name: extra, type: STATIC, connect_timeout: 1s}'
    const { view, problems } = patched(
      patch('CLUSTER', '{}', `{operation: ADD, value: ${cluster}}`) +
        patch('CLUSTER', '{}', `{operation: ADD, value: ${cluster}}`) +
        patch('CLUSTER', '{cluster: {portNumber: 9090}}', '{operation: REMOVE}') +
        patch('LISTENER', '{context: SIDECAR_INBOUND}', '{operation: ADD, value: {name: own}}'),
    )
    const names = view.clusters.map(({ message }) => message.name)
    expect(names.filter(name => name === 'extra')).toEqual(['extra'])
    expect(names.some(name => name.includes('|9090|'))).toBe(false)
    expect(view.listeners.filter(({ resource }) => resource.name === 'own')).toHaveLength(1)
    expect(problems).toEqual(["there is a 'extra' already"])
  })

  test('lower priorities come first; workload, namespace and proxy version choose', () => {
    const header = (value: string): string => `{operation: MERGE, value: {response_headers_to_add: [{header: {key: a, value: ${value}}}]}}`
    const { view } = patched(
      patch('VIRTUAL_HOST', '{}', header('late'), ', priority: 1') +
        patch('VIRTUAL_HOST', '{}', header('early'), ', priority: -1') +
        patch('VIRTUAL_HOST', '{}', header('none'), ', workloadSelector: {labels: {app: other}}') +
        patch('VIRTUAL_HOST', "{proxy: {proxyVersion: '^1\\.1'}}", header('version')) +
        envoyFilter(`{configPatches: [{applyTo: VIRTUAL_HOST, patch: ${header('foreign')}}]}`, 'other') +
        envoyFilter(`{configPatches: [{applyTo: VIRTUAL_HOST, patch: ${header('root')}}]}`, 'istio-system'),
      { ISTIO_VERSION: '1.32.0' },
    )
    const host = view.routes[0]?.message.virtualHosts[0]
    expect(host?.responseHeadersToAdd.map(({ header: each }) => each?.value)).toEqual(['early', 'root', 'late'])
  })

  test('routes are patched by name and by their place', () => {
    const value = '{name: own, match: {prefix: /own}, direct_response: {status: 418}}'
    const vhost = '{routeConfiguration: {vhost: {name: "reviews.default.svc.cluster.local:9080"}}}'
    const { view } = patched(patch('HTTP_ROUTE', vhost, `{operation: INSERT_FIRST, value: ${value}}`))
    const host = view.routes
      .flatMap(({ message }) => message.virtualHosts)
      .find(({ name }) => name === 'reviews.default.svc.cluster.local:9080')
    expect(host?.routes.map(({ name }) => name)).toEqual(['own', 'default'])
  })
})

describe('filters of Istio 1.0', () => {
  const fault = (rest: string): string =>
    envoyFilter(
      `{workloadLabels: {app: reviews}, filters: [{filterType: HTTP, filterName: envoy.csrf, filterConfig: {filter_enabled: {default_value: {numerator: 100}}}, ${rest}}]}`,
      'elsewhere',
    )

  test.each([
    ['{index: FIRST}', 0],
    ['{index: LAST}', 0],
    ['{index: BEFORE, relativeTo: envoy.router}', 2],
    ['{index: AFTER, relativeTo: envoy.cors}', 1],
    ['{index: AFTER, relativeTo: nobody}', 0],
  ])('%s', (position, expected) => {
    const { view } = patched(fault(`insertPosition: ${position}, listenerMatch: {listenerType: SIDECAR_OUTBOUND, listenerProtocol: HTTP}`))
    expect(httpFilters(view, OUTBOUND).indexOf('envoy.filters.http.csrf')).toBe(expected)
    expect(httpFilters(view, 'virtualInbound')).not.toContain('envoy.filters.http.csrf')
  })

  test.each([
    ['{portNumber: 9080}', true],
    ['{portNumber: 9081}', false],
    ['{listenerProtocol: TCP}', false],
    ['{address: [0.0.0.0/8]}', true],
    ['{address: [10.0.0.0/8]}', false],
    ['{listenerType: GATEWAY}', false],
  ])('listenerMatch %s', (match, expected) => {
    const { view } = patched(fault(`listenerMatch: ${match}`))
    expect(httpFilters(view, OUTBOUND).includes('envoy.filters.http.csrf')).toBe(expected)
  })

  test('the last stays behind the first, though both have the name of a filter that is there anyway', () => {
    const added = (index: string): string =>
      `{filterType: HTTP, filterName: envoy.fault, insertPosition: {index: ${index}}, filterConfig: {}}`
    const { view } = patched(envoyFilter(`{filters: [${added('FIRST')}, ${added('LAST')}]}`))
    expect(httpFilters(view, OUTBOUND)).toEqual(['envoy.filters.http.fault', 'envoy.filters.http.fault', ...FILTERS])
    const { view: single } = patched(envoyFilter(`{filters: [${added('LAST')}]}`))
    expect(httpFilters(single, OUTBOUND)[0]).toBe('envoy.filters.http.fault')
  })

  test("fault's whole percents are written as today's fractions", () => {
    const filters =
      '[{filterType: HTTP, filterName: envoy.fault, filterConfig: {abort: {percent: 100, http_status: 444}, headers: [{name: a, exact_match: b}]}}]'
    expect(patched(envoyFilter(`{filters: ${filters}}`)).problems).toEqual([])
  })
})
