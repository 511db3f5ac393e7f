export type { ClusterAccess } from './cluster-access.ts'
export { fieldsOf, itemsOf, type KubeDocument, textOf } from './fields.ts'
export { type ApplyOptions, type ClusterFlags, type KubeAnswer, type KubeCall, KubeClient, type KubeText } from './kube-client.ts'
export type { InClusterOptions } from './in-cluster-access.ts'
