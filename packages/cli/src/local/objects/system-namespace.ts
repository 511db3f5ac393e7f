/** Namespace of everything that is not the user's, and the root namespace of the mesh. */
export const SYSTEM_NAMESPACE = 'istio-system'
