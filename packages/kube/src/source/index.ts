export { KubeSource, type KubeSourceOptions } from './kube-source.ts'
