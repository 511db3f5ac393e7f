import { readFileSync } from 'node:fs'
import path from 'node:path'
import { loadChart, manifestsOf, renderChart } from '@meshwork/template/chart'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { injectPod } from './inject-pod.ts'
import { injectorOf } from './injector-files.ts'
import { type Fields, fieldsOf, itemsOf } from './json.ts'

const CHARTS = path.resolve(import.meta.dirname, '../../../../charts')

/** Pod template of the Deployment that the chart `gateway` makes. */
function podTemplate(values: Fields, namespace = 'edge'): Fields {
  const release = { name: 'istio-ingress', namespace }
  const { files } = renderChart(loadChart(path.join(CHARTS, 'gateway')), { release, kubeVersion: 'v1.34.0', values })
  const deployment = manifestsOf(files).find(({ object }) => fieldsOf(object)['kind'] === 'Deployment')
  return fieldsOf(fieldsOf(fieldsOf(deployment?.object)['spec'])['template'])
}

test('a gateway with image auto is completed by the injector, with the ports and settings of its chart', () => {
  const pod = podTemplate({ image: 'auto', env: { TEAM: 'edge' }, resources: { requests: { cpu: '70m' } } })
  expect(fieldsOf(pod['spec'])).not.toHaveProperty('volumes')
  const file = (name: string): string => readFileSync(path.join(CHARTS, 'mesh/charts/pilot/files', name), 'utf8')
  const templates = { sidecar: file('injection-template.yaml'), gateway: file('gateway-injection-template.yaml') }
  const texts = {
    config: stringify({ policy: 'enabled', templates }),
    values: JSON.stringify({ global: { hub: 'registry.example/mesh', tag: 'v9' } }),
    mesh: stringify({ defaultConfig: { discoveryAddress: 'istiod.istio-system.svc:15012' } }),
  }
  const injector = injectorOf(texts, { revision: 'default', supportsNativeSidecars: true })
  if (injector.kind === 'err') throw new Error(injector.error)
  const outcome = injectPod({ apiVersion: 'v1', kind: 'Pod', ...pod }, 'edge', injector.value)
  if (outcome.kind !== 'injected') throw new Error(JSON.stringify(outcome))
  const spec = fieldsOf(outcome.pod['spec'])
  expect(itemsOf(spec['initContainers'])).toEqual([])
  expect(itemsOf(spec['containers'])).toMatchObject([
    {
      name: 'istio-proxy',
      image: 'registry.example/mesh/proxy:v9',
      args: expect.arrayContaining(['router']),
      resources: { requests: { cpu: '70m' } },
    },
  ])
  const text = JSON.stringify(spec)
  for (const part of [
    '"containerPort":80,',
    '"containerPort":443,',
    '"containerPort":15090',
    '"name":"TEAM","value":"edge"',
    '"name":"istio-token"',
  ]) {
    expect(text).toContain(part)
  }
})

test('any other image is that of the chart, and the injector leaves the pod alone', () => {
  const pod = podTemplate({})
  expect(JSON.stringify(pod)).toContain('"sidecar.istio.io/inject":"false"')
  expect(itemsOf(fieldsOf(pod['spec'])['containers'])[0]?.['image']).toMatch(/^ghcr\.io\/meshwork\/proxy:/)
})

test('image auto is refused where nobody injects', () => {
  expect(() => podTemplate({ image: 'auto' }, 'istio-system')).toThrow('install the gateway into another namespace, or take image proxy')
})
