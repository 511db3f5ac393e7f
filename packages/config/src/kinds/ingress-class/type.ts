/** `networking.k8s.io/v1` IngressClass, as far as the mesh reads it: which controller serves the Ingresses of the class. */
export interface IngressClassSpec {
  readonly controller: string
}
