import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { isMap, isSeq, parseAllDocuments } from 'yaml'

import type { MeshOnCluster } from './mesh-on-cluster.ts'
import { APPS_IMAGE } from './test-images.ts'

const SAMPLES = fileURLToPath(new URL('../../../../shared/samples/', import.meta.url))

/** Configuration of the sample as its users have it. */
export function sample(path: string): string {
  return readFileSync(`${SAMPLES}${path}`, 'utf8')
}

/** Applies Istio's bookinfo to a namespace as it is, only with our own servers in place of the images. */
export async function applyBookinfo(mesh: MeshOnCluster, namespace: string): Promise<void> {
  await mesh.applyTo(namespace, withOurImages(sample('istio-now/bookinfo/platform/kube/bookinfo.yaml')))
}

function withOurImages(text: string): string {
  const documents = parseAllDocuments(text)
  for (const document of documents) {
    const containers = document.getIn(['spec', 'template', 'spec', 'containers'])
    if (!isSeq(containers)) continue
    for (const container of containers.items) {
      if (!isMap(container)) continue
      const version = document.getIn(['spec', 'template', 'metadata', 'labels', 'version'])
      container.set('image', APPS_IMAGE)
      container.set('imagePullPolicy', 'Never')
      container.set('args', ['bookinfo', container.get('name')])
      container.set('env', [{ name: 'VERSION', value: version }])
    }
  }
  return documents.map(String).join('')
}
