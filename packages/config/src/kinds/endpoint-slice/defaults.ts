/** An endpoint whose condition is unknown takes traffic (Kubernetes API, EndpointConditions.ready). */
export const READY_IF_UNKNOWN = true

/** The label by which a slice names its Service. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name'
