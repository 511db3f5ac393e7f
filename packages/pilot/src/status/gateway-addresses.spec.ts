import { readText } from '@meshwork/config/file'
import { objectKeyText } from '@meshwork/config/kinds'
import { expect, test } from 'vitest'
import { gatewayAddresses } from './gateway-addresses.ts'

const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]}
`

function service(name: string, spec: string, status = '{}'): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: istio-system}\nspec: {ports: [{port: 80}], ${spec}}\nstatus: ${status}\n`
}

function addresses(...services: readonly string[]): readonly string[] {
  const { objects } = readText([GATEWAY, ...services].join('---\n'), 'f.yaml')
  const known = new Map(objects.map(object => [objectKeyText({ kind: object.kind, ...object.meta }), object]))
  const [gateway] = objects
  return gateway === undefined ? ['no gateway'] : gatewayAddresses(known)(gateway)
}

const INGRESS = 'selector: {app: istio-ingressgateway, istio: ingressgateway}'

test.each([
  [
    'addresses and names that a cloud gave',
    `${INGRESS}, type: LoadBalancer`,
    '{loadBalancer: {ingress: [{ip: 203.0.113.9}, {hostname: a.example}]}}',
    ['203.0.113.9', 'a.example'],
  ],
  ['external addresses', `${INGRESS}, externalIPs: [203.0.113.1]`, '{}', ['203.0.113.1']],
  ['nothing before the cloud has given one', `${INGRESS}, type: LoadBalancer`, '{}', []],
  ['nothing of a Service that is no load balancer any more', INGRESS, '{loadBalancer: {ingress: [{ip: 203.0.113.9}]}}', []],
  ['nothing of other pods', 'selector: {app: shop}, type: LoadBalancer', '{loadBalancer: {ingress: [{ip: 203.0.113.9}]}}', []],
])('a Gateway has %s', (_, spec, status, expected) => {
  expect(addresses(service('edge', spec, status))).toEqual(expected)
})

test('addresses of several Services are told once, in order', () => {
  const external = (name: string, ip: string): string => service(name, `${INGRESS}, externalIPs: [${ip}]`)
  expect(addresses(external('b', '203.0.113.2'), external('a', '203.0.113.1'), external('c', '203.0.113.2'))).toEqual([
    '203.0.113.1',
    '203.0.113.2',
  ])
})
