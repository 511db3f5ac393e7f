import { customResourceDefinitions } from '@meshwork/config/crds'
import { fieldsOf } from '@meshwork/kube/client'
import { stringify } from 'yaml'
import type { InstallCluster } from './install-cluster.ts'
import type { KubeObject, ObjectKey } from './kube-object.ts'
import { COMPONENT_LABEL } from './ownership.ts'
import type { ResourceKind } from './resource-kinds.ts'
import { inParallel } from './survey.ts'

/** Of the server and of kubectl; whoever applies the file again gets new ones. */
const SERVER_FIELDS = new Set(['managedFields', 'resourceVersion', 'generation', 'uid', 'creationTimestamp', 'selfLink', 'ownerReferences'])
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

export interface ExportedConfiguration {
  readonly count: number
  /** YAML that kubectl apply takes. */
  readonly text: string
}

/** All objects that users wrote, of kinds whose definitions are about to go. What an installation made itself is left out. */
export async function exportConfiguration(cluster: InstallCluster, definitions: readonly ObjectKey[]): Promise<ExportedConfiguration> {
  const found = await configurationOfUsers(cluster, definitions)
  const objects = found.map(asWritten)
  return {
    count: objects.length,
    text: objects.map(object => `---\n${stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 })}`).join(''),
  }
}

/** Of the kinds that these definitions make; what an installation made itself is left out. */
export async function configurationOfUsers(cluster: InstallCluster, definitions: readonly ObjectKey[]): Promise<readonly KubeObject[]> {
  const names = new Set(definitions.map(({ name }) => name))
  const kinds = customResourceDefinitions().flatMap(({ metadata, spec }) => {
    const version = spec.versions.find(({ storage }) => storage)
    if (version === undefined || !names.has(metadata.name)) return []
    return [
      {
        apiVersion: `${spec.group}/${version.name}`,
        kind: spec.names.kind,
        plural: spec.names.plural,
        isNamespaced: spec.scope === 'Namespaced',
      },
    ]
  })
  const found = (await inParallel(kinds, (kind: ResourceKind) => cluster.list(kind))).flat()
  return found.filter(({ metadata }) => metadata.labels?.[COMPONENT_LABEL] === undefined)
}

/** Without what only the server writes. */
function asWritten({ metadata, apiVersion, kind, ...content }: KubeObject): object {
  const rest = Object.entries(content).filter(([name]) => name !== 'status')
  const annotations = Object.entries(fieldsOf(metadata['annotations'])).filter(([name]) => name !== LAST_APPLIED)
  const kept = Object.entries(metadata).filter(([name]) => !SERVER_FIELDS.has(name) && name !== 'annotations' && name !== 'labels')
  const labels = metadata.labels ?? {}
  return {
    apiVersion,
    kind,
    metadata: {
      ...Object.fromEntries(kept),
      ...(Object.keys(labels).length > 0 && { labels }),
      ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }),
    },
    ...Object.fromEntries(rest),
  }
}
