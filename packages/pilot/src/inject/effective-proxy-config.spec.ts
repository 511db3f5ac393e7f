import { readText } from '@meshwork/config/file'
import { isKind } from '@meshwork/config/kinds'
import { expect, test } from 'vitest'
import { effectiveProxyConfig, type ProxyConfigObject } from './effective-proxy-config.ts'
import { type InjectionSettings, parseInjectionSettings } from './injection-settings.ts'
import type { Fields } from './json.ts'

function objects(text: string): readonly ProxyConfigObject[] {
  return readText(text, 'test.yaml').objects.flatMap(object => (isKind(object, 'ProxyConfig') ? [object] : []))
}

function proxyConfig(name: string, namespace: string, spec: string): string {
  return `{apiVersion: networking.istio.io/v1beta1, kind: ProxyConfig, metadata: {name: ${name}, namespace: ${namespace}}, spec: {${spec}}}\n---\n`
}

function settings(mesh: string): InjectionSettings {
  const read = parseInjectionSettings({ config: 'templates: {sidecar: ""}', values: '', mesh })
  if (read.kind === 'err') throw new Error(read.error)
  return read.value
}

function effective(
  text: string,
  metadata: Fields = {},
  namespace = 'shop',
  mesh = 'defaultConfig: {concurrency: 1, drainDuration: 9s}',
): unknown {
  return effectiveProxyConfig(metadata, namespace, settings(mesh), objects(text))
}

const MESH_WIDE = proxyConfig('mesh', 'istio-system', 'concurrency: 2, environmentVariables: {A: mesh, B: mesh}')
const SHOP = proxyConfig('shop', 'shop', 'environmentVariables: {B: shop, C: shop}')
const WEB = proxyConfig('web', 'shop', 'selector: {matchLabels: {app: web}}, concurrency: 4')

test('the mesh, the root namespace, the namespace and the workload, from wide to narrow, field by field', () => {
  const all = MESH_WIDE + SHOP + WEB
  expect(effective(all, { labels: { app: 'web' } })).toEqual({
    concurrency: 4,
    drainDuration: '9s',
    proxyMetadata: { A: 'mesh', B: 'shop', C: 'shop' },
  })
  expect(effective(all, { labels: { app: 'other' } })).toMatchObject({ concurrency: 2 })
  expect(effective(all, { labels: { app: 'web' } }, 'elsewhere')).toEqual({
    concurrency: 2,
    drainDuration: '9s',
    proxyMetadata: { A: 'mesh', B: 'mesh' },
  })
})

test('the annotation of a pod wins over what is for all, and loses against what selects the pod', () => {
  const annotations = { 'proxy.istio.io/config': 'concurrency: 3\nproxyMetadata: {B: pod}' }
  expect(effective(MESH_WIDE + SHOP, { annotations })).toMatchObject({ concurrency: 3, proxyMetadata: { A: 'mesh', B: 'pod', C: 'shop' } })
  expect(effective(WEB, { annotations, labels: { app: 'web' } })).toMatchObject({ concurrency: 4, proxyMetadata: { B: 'pod' } })
})

test('of several in one scope the first, which is the oldest, wins', () => {
  const younger = proxyConfig('younger', 'shop', 'concurrency: 7, environmentVariables: {C: younger, D: younger}')
  expect(effective(SHOP + younger)).toMatchObject({ concurrency: 7, proxyMetadata: { B: 'shop', C: 'shop', D: 'younger' } })
})

test('another root namespace is that of the settings', () => {
  const mesh = 'rootNamespace: mesh-system'
  expect(effective(MESH_WIDE, {}, 'shop', mesh)).toEqual({})
  expect(effective(proxyConfig('mesh', 'mesh-system', 'concurrency: 5'), {}, 'shop', mesh)).toEqual({ concurrency: 5 })
})
