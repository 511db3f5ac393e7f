import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { fullHost } from '../translate/routes/destination.ts'

/** A service that the mesh's own settings name: Mixer, a collector of spans. */
export interface MeshAddress {
  readonly host: string
  readonly port: number
}

/** `host:port` with the whole host name; undefined for anything else, as for ''. */
export function meshAddress(server: string, snapshot: MeshSnapshot): MeshAddress | undefined {
  const [, host, port] = /^(.+):(\d+)$/.exec(server) ?? []
  if (host === undefined || port === undefined) return undefined
  return { host: fullHost(host, snapshot.mesh.rootNamespace, snapshot.clusterDomain), port: Number(port) }
}
