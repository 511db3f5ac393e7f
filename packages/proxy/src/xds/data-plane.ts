import type { Result } from '@meshwork/core/result'
import type { ClusterConfig, LoadAssignment } from '../model/cluster.ts'
import type { ListenerConfig } from '../model/listener.ts'
import type { RouteTableConfig } from '../model/route.ts'
import type { ScopeConfig } from '../model/scoped-routes.ts'

/** What the configuration graph drives: the engine, seen from its control side. Each setter replaces what has the same name. */
export interface DataPlane {
  setCluster(config: ClusterConfig): void
  removeCluster(name: string): void
  setEndpoints(load: LoadAssignment): void
  setRouteTable(config: RouteTableConfig): void
  removeRouteTable(name: string): void
  /** Of scopes with one key the last one has it. */
  setScope(config: ScopeConfig): void
  removeScope(name: string): void
  /** Resolves when the new form serves; until then, and after an error, the old one does. */
  setListener(config: ListenerConfig): Promise<Result<void, string>>
  removeListener(name: string): void
}
