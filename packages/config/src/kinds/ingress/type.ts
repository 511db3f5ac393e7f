/** `networking.k8s.io/v1` Ingress, and the older form of `extensions/v1beta1`, read into one. */
export interface IngressSpec {
  readonly ingressClassName?: string
  readonly defaultBackend?: IngressBackend
  readonly tls: readonly { readonly hosts: readonly string[]; readonly secretName: string }[]
  readonly rules: readonly IngressRule[]
}

export interface IngressRule {
  /** '' for every host. */
  readonly host: string
  readonly paths: readonly IngressPath[]
}

export interface IngressPath {
  /** '' for every path. */
  readonly path: string
  readonly pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific'
  readonly backend?: IngressBackend
}

export interface IngressBackend {
  readonly service: string
  /** By number or by name. */
  readonly port: number | string
}
