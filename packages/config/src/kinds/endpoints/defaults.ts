/** Kubernetes names a port by the empty text if it is the only one. */
export const UNNAMED_PORT = ''
