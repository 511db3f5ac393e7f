import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isKind, objectParser, readRawObject } from '@meshwork/config/kinds'
import { MeshError } from '@meshwork/core/result'
import { type Fields, fieldsOf, type Injector, injectorOf, type ProxyConfigObject, textsOf } from '@meshwork/pilot/inject'
import { DEFAULT_REVISION } from '../../install/ownership.ts'
import type { OpenCluster } from './open-cluster.ts'

/** Kubernetes 1.29 starts native sidecars unless told otherwise. */
const NATIVE_SINCE = 29
/** Of all namespaces: the root namespace counts for every pod. */
const PROXY_CONFIGS = '/apis/networking.istio.io/v1beta1/proxyconfigs'
const parser = objectParser()

/** From a folder with the files `config` and `values`, and perhaps `mesh`. Throws INJECTOR_UNUSABLE. */
export async function injectorOfFolder(folder: string, revision: string): Promise<Injector> {
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')
  try {
    const [config, values, mesh] = await Promise.all([read('config'), read('values'), read('mesh').catch(() => '')])
    return injectorOfTexts({ config, values, mesh }, { revision, supportsNativeSidecars: true }, folder)
  } catch (error) {
    if (error instanceof MeshError) throw error
    throw unusable(`${folder}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** As the control plane of a revision has it in its ConfigMaps. Throws INJECTOR_UNUSABLE. */
export async function injectorOfCluster(cluster: OpenCluster, namespace: string, revision: string): Promise<Injector> {
  const suffix = suffixOf(revision)
  const path = (name: string): string => `/api/v1/namespaces/${namespace}/configmaps/${name}${suffix}`
  const [injection, mesh, version, proxyConfigs] = await Promise.all([
    cluster.find(path('istio-sidecar-injector')),
    cluster.find(path('istio')),
    cluster.find('/version'),
    cluster.list(PROXY_CONFIGS),
  ])
  if (injection === undefined) throw unusable(`namespace ${namespace} has no ConfigMap istio-sidecar-injector${suffix}`)
  const { config = '', values = '' } = textsOf(injection['data'])
  const texts = { config, values, mesh: textsOf(fieldsOf(mesh)['data'])['mesh'] ?? '' }
  const facts = { revision, supportsNativeSidecars: startsNativeSidecars(version), proxyConfigs: readProxyConfigs(proxyConfigs) }
  return injectorOfTexts(texts, facts, `ConfigMap istio-sidecar-injector${suffix}`)
}

/** Oldest first. Those that pilot refuses count as little here. */
function readProxyConfigs(items: readonly Fields[]): readonly ProxyConfigObject[] {
  const objects = items.flatMap(item => {
    const raw = readRawObject({ apiVersion: 'networking.istio.io/v1beta1', kind: 'ProxyConfig', ...item }, { file: 'cluster', line: 0 }, 0)
    const outcome = raw.kind === 'ok' ? parser.parse(raw.value) : raw
    return outcome.kind === 'object' && isKind(outcome.object, 'ProxyConfig') ? [outcome.object] : []
  })
  return objects.toSorted((a, b) => a.meta.createdAt - b.meta.createdAt || a.meta.name.localeCompare(b.meta.name))
}

function startsNativeSidecars(version: Fields | undefined): boolean {
  const { major = '1', minor = '' } = textsOf(version)
  return Number(major) > 1 || Number(minor.replace(/\D.*$/, '')) >= NATIVE_SINCE
}

/** `where` they stand. Throws INJECTOR_UNUSABLE. */
export function injectorOfTexts(texts: Parameters<typeof injectorOf>[0], facts: Parameters<typeof injectorOf>[1], where: string): Injector {
  const injector = injectorOf(texts, facts)
  if (injector.kind === 'err') throw unusable(`${where}: ${injector.error}`)
  return injector.value
}

/** What names of objects of a revision end with. */
export function suffixOf(revision: string): string {
  return revision === DEFAULT_REVISION ? '' : `-${revision}`
}

function unusable(reason: string): MeshError {
  return new MeshError('INJECTOR_UNUSABLE', `cannot use the configuration of the injector: ${reason}`, {
    source: 'config',
    nextStep: 'install the mesh (meshctl install), name its namespace with --istio-namespace, or a folder with --injection-config',
  })
}
