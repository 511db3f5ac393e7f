/** Kubernetes `v1` Namespace. Only its labels and annotations matter. */
export type NamespaceSpec = Readonly<Record<never, never>>
