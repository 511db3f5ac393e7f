/** Kubernetes `v1` ServiceAccount. Its name and namespace make the identity of a workload. */
export type ServiceAccountSpec = Readonly<Record<never, never>>
