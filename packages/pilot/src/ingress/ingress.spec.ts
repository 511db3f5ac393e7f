import { expect, test } from 'vitest'
import { generate, snapshotOf } from '../translate/testdata/run-case.ts'

const GATEWAY = 'router~10.1.2.3~gateway.istio-system~istio-system.svc.cluster.local'
const LABELS = { LABELS: { istio: 'ingressgateway' } }
const SERVICE =
  '{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {clusterIP: 10.96.0.1, ports: [{name: http, port: 8000}]}}'

function ingress(name: string, spec: string, annotations: string = '{}', apiVersion: string = 'networking.k8s.io/v1'): string {
  return `\n---\n{apiVersion: ${apiVersion}, kind: Ingress, metadata: {name: ${name}, namespace: shop, annotations: ${annotations}}, spec: {${spec}}}`
}

function path(text: string, type: string, port: string = '{number: 8000}'): string {
  return `{path: "${text}", pathType: ${type}, backend: {service: {name: web, port: ${port}}}}`
}

/** `host uri -> cluster` of every route of port 80. */
function routes(objects: string): readonly string[] {
  const view = generate(snapshotOf(SERVICE + objects), GATEWAY, LABELS)
  return view.routes.flatMap(({ message }) =>
    message.virtualHosts.flatMap(host =>
      host.routes.flatMap(({ match, action }) => {
        const wanted = match?.pathSpecifier
        const uri =
          wanted?.$case === 'safeRegex' ? wanted.value.regex : wanted?.$case === 'prefix' || wanted?.$case === 'path' ? wanted.value : ''
        const target =
          action?.$case === 'route' && action.value.clusterSpecifier?.$case === 'cluster' ? action.value.clusterSpecifier.value : ''
        return target === '' ? [] : [`${host.domains.join()} ${uri} -> ${target}`]
      }),
    ),
  )
}

const CLUSTER = 'outbound|8000||web.shop.svc.cluster.local'
const HTTP = (paths: readonly string[], host: string = 'a.example.com'): string =>
  `rules: [{host: ${host}, http: {paths: [${paths.join()}]}}]`

test('paths by type: exact first, longer prefixes before shorter, ports by name too', () => {
  const rules = HTTP([path('/', 'Prefix'), path('/a', 'Prefix', '{name: http}'), path('/a/b', 'Prefix'), path('/x', 'Exact')])
  expect(routes(ingress('one', `ingressClassName: istio, ${rules}`))).toEqual([
    `a.example.com /x -> ${CLUSTER}`,
    `a.example.com /a/b(/.*)? -> ${CLUSTER}`,
    `a.example.com /a(/.*)? -> ${CLUSTER}`,
    `a.example.com / -> ${CLUSTER}`,
  ])
})

test('the older form: a path is exact unless it ends in .*', () => {
  const rules =
    'rules: [{http: {paths: [{path: /a.*, backend: {serviceName: web, servicePort: 8000}}, {path: /b, backend: {serviceName: web, servicePort: http}}]}}]'
  expect(routes(ingress('one', rules, '{kubernetes.io/ingress.class: istio}', 'extensions/v1beta1'))).toEqual([
    `* /b -> ${CLUSTER}`,
    `* /a -> ${CLUSTER}`,
  ])
})

test('rules of several Ingresses for one host are merged, and the default backend takes the rest', () => {
  const objects =
    ingress('one', `ingressClassName: istio, ${HTTP([path('/a', 'Exact')])}`) +
    ingress('two', `ingressClassName: istio, defaultBackend: {service: {name: web, port: {number: 8000}}}, ${HTTP([path('/b', 'Exact')])}`)
  expect(routes(objects)).toEqual([
    `* / -> ${CLUSTER}`,
    `a.example.com /a -> ${CLUSTER}`,
    `a.example.com /b -> ${CLUSTER}`,
    `a.example.com / -> ${CLUSTER}`,
  ])
})

const mesh = (mode: string): string =>
  `\n---\n{apiVersion: meshwork.dev/v1, kind: MeshConfig, metadata: {name: default}, spec: {ingressControllerMode: ${mode}}}`
const ingressClass = (controller: string): string =>
  `\n---\n{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: mine}, spec: {controller: ${controller}}}`
const RULES = HTTP([path('/x', 'Exact')])

test.each([
  ['no class', ingress('one', RULES), 0],
  ['no class where the mode is DEFAULT', ingress('one', RULES) + mesh('DEFAULT'), 1],
  ['the annotation of others', ingress('one', RULES, '{kubernetes.io/ingress.class: nginx}') + mesh('DEFAULT'), 0],
  ['the annotation', ingress('one', RULES, '{kubernetes.io/ingress.class: istio}'), 1],
  ['the annotation where the mode is OFF', ingress('one', RULES, '{kubernetes.io/ingress.class: istio}') + mesh('OFF'), 0],
  ['a class of ours', ingress('one', `ingressClassName: mine, ${RULES}`) + ingressClass('istio.io/ingress-controller'), 1],
  ['a class of others', ingress('one', `ingressClassName: mine, ${RULES}`) + ingressClass('example.com/other'), 0],
])('%s', (_, objects, count) => {
  expect(routes(objects)).toHaveLength(count)
})

test('TLS entries become servers with the certificate of their Secret, under the name that the rules bind to', () => {
  const view = generate(
    snapshotOf(SERVICE + ingress('one', `ingressClassName: istio, tls: [{hosts: [a.example.com], secretName: cred}], ${RULES}`)),
    GATEWAY,
    LABELS,
  )
  const names = view.routes.map(({ message }) => message.name)
  expect(view.listeners.map(({ resource }) => resource.name)).toEqual(['0.0.0.0_443', '0.0.0.0_80'])
  expect(names).toHaveLength(2)
  for (const { message } of view.routes) expect(message.virtualHosts[0]?.domains).toEqual(['a.example.com'])
})
