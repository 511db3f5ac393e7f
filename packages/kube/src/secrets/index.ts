export { KubeSecretStore, type KubeSecretStoreOptions } from './kube-secret-store.ts'
