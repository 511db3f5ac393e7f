/** Where and how requests are logged; `path` '' means nowhere. */
export interface AccessLogSettings {
  readonly path: string
  readonly encoding: 'TEXT' | 'JSON'
  /** '' for the default of the encoding. */
  readonly format: string
}

/** Mixer as seen by one proxy. Only our own proxy has the filter. */
export interface MixerSettings {
  /** Clusters of Mixer's services; '' where the mesh names none. */
  readonly checkCluster: string
  readonly reportCluster: string
  readonly disableChecks: boolean
  /** `kubernetes://<pod>.<namespace>`. */
  readonly workloadUid: string
  readonly workloadNamespace: string
  readonly kind: 'sidecar' | 'router'
}

/** What every HTTP connection manager of a view depends on. */
export interface HttpSettings {
  readonly accessLog: AccessLogSettings
  readonly mixer: MixerSettings | null
}

/** The service that a request is for, as Mixer's attributes name it. */
export interface ServiceIdentity {
  readonly host: string
  readonly name: string
  readonly namespace: string
}
