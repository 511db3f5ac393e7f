export { KubeSource, type KubeSourceOptions } from './kube-source.ts'
export { ResourceWatch, type ResourceWatchOptions, type WatchSink } from './resource-watch.ts'
export { type SecretDemand, SourceWithSecrets, type SourceWithSecretsOptions } from './source-with-secrets.ts'
