import { DEFAULT_MESH_CONFIG } from '@meshwork/config/kinds'
import { readText } from '@meshwork/config/file'
import { formatViolation } from '@meshwork/core/result'
import { type GeneratedView, ViewGenerator } from '@meshwork/pilot/push'
import { SnapshotStore } from '@meshwork/pilot/snapshot'
import { parseProxyNode, planView, viewIdentity } from '@meshwork/pilot/view'
import { HeaderTable, readRouteTable, type RouteTable } from '@meshwork/proxy/route'
import { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import { CALLER, type MeshDocument, type RequestDocument, type ServiceFacts } from './mesh-document.ts'
import type { Verdict } from './naive-matcher.ts'

const CLUSTER_DOMAIN = 'cluster.local'

/** The whole way: documents → pilot's snapshot → view → route tables → bytes → the proxy's decoder → its compiled table. */
export class CompiledMatcher {
  private readonly tables: ReadonlyMap<number, RouteTable>

  constructor(mesh: MeshDocument) {
    this.tables = new Map(generated(mesh).routes.map(({ message }) => [Number(message.name), compiled(message)]))
  }

  verdict(request: RequestDocument): Verdict {
    const table = this.tables.get(request.port)
    if (table === undefined) throw new Error(`no table for port ${request.port}`)
    const requestHeaders = new HeaderTable()
    for (const [name, value] of Object.entries(request.headers)) requestHeaders.append(name, value)
    const found = table.match(
      { ...request, scheme: 'http', requestHeaders, connection: NO_CERTIFICATE, dynamicMetadata: () => null },
      () => 0,
    )
    return found === null ? 'none' : found.routeName === 'allow_any' ? 'strange' : found.routeName
  }
}

const NO_CERTIFICATE = { peer: null, peerValidated: false }

function generated(mesh: MeshDocument): GeneratedView {
  const { objects, rejections } = readText(
    documentsOf(mesh)
      .map(document => JSON.stringify(document))
      .join('\n---\n'),
    'random',
  )
  const [refused] = rejections.flatMap(({ violations }) => violations)
  if (refused !== undefined) throw new Error(`refused: ${formatViolation(refused)}`)
  const store = new SnapshotStore({ clusterDomain: CLUSTER_DOMAIN, mesh: DEFAULT_MESH_CONFIG })
  store.apply('random', { upserts: objects, deletes: [], rejections: [] })
  const node = parseProxyNode({
    id: `sidecar~10.1.1.1~caller.${CALLER.namespace}~${CALLER.domain}`,
    cluster: '',
    metadata: { NAMESPACE: CALLER.namespace, LABELS: CALLER.labels },
    locality: { region: '', zone: '', subZone: '' },
    userAgentName: '',
  })
  if (node.kind === 'err') throw new Error(node.error)
  const snapshot = store.current()
  return new ViewGenerator().generate(planView(viewIdentity(node.value, snapshot), snapshot))
}

function documentsOf({ services, virtualServices }: MeshDocument): readonly object[] {
  return [...services.map(serviceDocument), ...virtualServices]
}

function serviceDocument({ name, namespace, ip, ports }: ServiceFacts): object {
  const spec = { clusterIP: ip, ports: ports.map(port => ({ name: `http-${port}`, port })) }
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec }
}

function compiled(message: RouteConfiguration): RouteTable {
  const table = readRouteTable(RouteConfiguration.encode(message).finish())
  if (table.kind === 'err') throw new Error(table.error.map(formatViolation).join('\n'))
  return table.value
}
