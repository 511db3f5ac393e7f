import { MemorySource } from '@meshwork/config/source'
import { beforeEach, expect, test } from 'vitest'
import { GatewaySecretDemand } from './gateway-secret-demand.ts'

type Fields = Readonly<Record<string, unknown>>

let source: MemorySource
let demand: GatewaySecretDemand

beforeEach(async () => {
  source = new MemorySource()
  demand = new GatewaySecretDemand({ ingressSelector: 'ingressgateway' })
  await source.start(batch => demand.take(batch))
  source.apply([pod('edge', 'gw', { istio: 'ingressgateway' }), pod('out', 'egress', { istio: 'egressgateway' }), pod('shop', 'cart', {})])
})

const needed = (): readonly string[] => [...demand.namespaces].toSorted()

function pod(namespace: string, name: string, labels: Fields): Fields {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels }, spec: { containers: [{ name: 'c' }] } }
}

function gateway(selector: Fields, tls?: Fields): Fields {
  const port = tls === undefined ? { number: 80, name: 'http', protocol: 'HTTP' } : { number: 443, name: 'https', protocol: 'HTTPS' }
  const servers = [{ port, hosts: ['*'], ...(tls !== undefined && { tls }) }]
  return { apiVersion: 'networking.istio.io/v1', kind: 'Gateway', metadata: { name: 'g', namespace: 'any' }, spec: { selector, servers } }
}

test('a Gateway with a credential needs the Secrets where its pods are, one without needs none', () => {
  source.apply([gateway({ istio: 'ingressgateway' })])
  expect(needed()).toEqual([])
  source.apply([gateway({ istio: 'ingressgateway' }, { mode: 'SIMPLE', credentialName: 'bookinfo' })])
  expect(needed()).toEqual(['edge'])
  source.apply([pod('edge-2', 'gw', { istio: 'ingressgateway', app: 'x' })])
  expect(needed()).toEqual(['edge', 'edge-2'])
  source.delete([{ kind: 'Pod', namespace: 'edge', name: 'gw' }])
  expect(needed()).toEqual(['edge-2'])
  source.delete([{ kind: 'Gateway', namespace: 'any', name: 'g' }])
  expect(needed()).toEqual([])
})

test('an Ingress with TLS needs those of the ingress gateway', () => {
  const spec = { tls: [{ hosts: ['a.test'], secretName: 'a' }], defaultBackend: { service: { name: 'a', port: { number: 80 } } } }
  source.apply([{ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'i', namespace: 'shop' }, spec }])
  expect(needed()).toEqual(['edge'])
})

test('a DestinationRule with a credential needs those of its namespace and of all gateways', () => {
  source.apply([gateway({ istio: 'egressgateway' })])
  const spec = { host: 'a.test', trafficPolicy: { tls: { mode: 'SIMPLE', credentialName: 'a' } } }
  source.apply([{ apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule', metadata: { name: 'd', namespace: 'shop' }, spec }])
  expect(needed()).toEqual(['out', 'shop'])
})
