import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MeshError } from '@meshwork/core/result'
import { type Fields, fieldsOf, type Injector, injectorOf, textsOf } from '@meshwork/pilot/inject'
import type { OpenCluster } from './open-cluster.ts'

export const DEFAULT_REVISION = 'default'
/** Kubernetes 1.29 starts native sidecars unless told otherwise. */
const NATIVE_SINCE = 29

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
  const [injection, mesh, version] = await Promise.all([
    cluster.find(path('istio-sidecar-injector')),
    cluster.find(path('istio')),
    cluster.find('/version'),
  ])
  if (injection === undefined) throw unusable(`namespace ${namespace} has no ConfigMap istio-sidecar-injector${suffix}`)
  const { config = '', values = '' } = textsOf(injection['data'])
  const texts = { config, values, mesh: textsOf(fieldsOf(mesh)['data'])['mesh'] ?? '' }
  const facts = { revision, supportsNativeSidecars: startsNativeSidecars(version) }
  return injectorOfTexts(texts, facts, `ConfigMap istio-sidecar-injector${suffix}`)
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
