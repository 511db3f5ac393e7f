import { fieldsOf, type KubeDocument } from '@meshwork/kube/client'
import type { KubeObject } from './kube-object.ts'

/** Of the pods that a Deployment or a DaemonSet makes; empty for anything else. */
export function podSpecOf(object: KubeObject): KubeDocument {
  return fieldsOf(fieldsOf(fieldsOf(object['spec'])['template'])['spec'])
}
