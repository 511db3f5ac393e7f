import { join } from 'node:path'

import { envoyBootstrap, envoyObstacle, startEnvoy, whenAdminReady } from '../../../mesh/index.ts'
import type { Child } from '../../../process/index.ts'
import type { DataPlane, ProxySetting } from './data-plane.ts'
import { nodeId, nodeMetadata } from './node-identity.ts'

const READY_LIMIT_MS = 15_000

/** Real Envoy, which takes the same configuration as our proxy. */
export const envoyDataPlane: DataPlane = {
  name: 'envoy',
  obstacle: envoyObstacle,
  start(setting: ProxySetting): Child {
    const { proxy, folder, prefix } = setting
    const node = {
      id: nodeId(proxy),
      cluster: `${proxy.labels['app'] ?? proxy.pod}.${proxy.namespace}`,
      metadata: nodeMetadata(proxy),
      ...(proxy.locality === undefined ? {} : { locality: proxy.locality }),
    }
    const sources = { xds: `unix:${setting.xdsSocket}`, sds: `unix:${setting.sdsSocket}`, admin: adminAddress(setting) }
    return startEnvoy({ name: `envoy ${proxy.role}`, bootstrap: envoyBootstrap(node, sources), folder, prefix })
  },
  whenServing: (child, setting) => whenAdminReady(adminAddress(setting), child, READY_LIMIT_MS),
}

function adminAddress(setting: ProxySetting): string {
  return `unix:${join(setting.folder, 'admin.sock')}`
}
