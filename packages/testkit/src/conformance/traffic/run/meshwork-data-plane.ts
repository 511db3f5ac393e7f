import { join } from 'node:path'

import { builtProgram, type Child, startProgram } from '../../../process/index.ts'
import type { DataPlane, ProxySetting } from './data-plane.ts'
import { nodeId, nodeMetadata } from './node-identity.ts'

/** Our own proxy. */
export const meshworkDataPlane: DataPlane = {
  name: 'meshwork',
  obstacle: () => null,
  start(setting: ProxySetting): Child {
    const args = [
      '--node-id',
      nodeId(setting.proxy),
      '--node-metadata',
      JSON.stringify(nodeMetadata(setting.proxy)),
      '--xds-address',
      `unix:${setting.xdsSocket}`,
      '--sds-address',
      `unix:${setting.sdsSocket}`,
      '--admin-address',
      `unix:${join(setting.folder, 'admin.sock')}`,
    ]
    return startProgram(builtProgram('proxy/main'), {
      name: `proxy ${setting.proxy.role}`,
      args,
      prefix: setting.prefix,
    })
  },
  whenServing: child => child.whenReady(),
}
