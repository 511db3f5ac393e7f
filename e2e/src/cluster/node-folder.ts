import { join } from 'node:path'

/** What names one machine of a cluster: where its files lie and which addresses it has. */
export interface NodeFolder {
  /** Also the name Kubernetes knows it by. */
  readonly name: string
  readonly root: string
  /** 1 to 50, unique among all machines of all clusters that share a switch. */
  readonly index: number
  readonly address: string
  /** Addresses of its pods. */
  readonly podNetwork: string
  /** `https://address:port` of the API server its cluster has. */
  readonly apiServer: string
  file(...path: readonly string[]): string
}

export const HIGHEST_INDEX = 50
export const API_SERVER_PORT = 6443
/** Outside of the pod and node networks of every cluster. */
export const SERVICE_NETWORK = '10.96.0.0/16'
export const API_SERVER_SERVICE = '10.96.0.1'
export const DNS_SERVICE = '10.96.0.10'
/** Holds the pod networks of all nodes. */
export const POD_NETWORKS = '10.192.0.0/10'
export const NODE_PREFIX_LENGTH = 16

/** The layout of a node. `control` is the node that its cluster's API server runs on, when that is another one. */
export function nodeFolder(root: string, name: string, index: number, control?: NodeFolder): NodeFolder {
  const address = `172.30.0.${index}`
  return {
    name,
    root,
    index,
    address,
    podNetwork: `10.${200 + index}.0.0/24`,
    apiServer: control?.apiServer ?? `https://${address}:${API_SERVER_PORT}`,
    file: (...path) => join(root, ...path),
  }
}
