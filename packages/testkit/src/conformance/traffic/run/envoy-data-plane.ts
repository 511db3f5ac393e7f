import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Child } from '../../../process/index.ts'
import { whenAdminReady } from './admin-ready.ts'
import type { DataPlane, ProxySetting } from './data-plane.ts'
import { envoyBootstrap } from './envoy-bootstrap.ts'

/** Where `npm run peers` puts Envoy; `MESHWORK_ENVOY` names another one. */
export function envoyBinary(): string {
  const installed = fileURLToPath(new URL('../../../../../../.peers/envoy/envoy', import.meta.url))
  return process.env['MESHWORK_ENVOY'] ?? installed
}

const READY_LIMIT_MS = 15_000

/** Real Envoy, which takes the same configuration as our proxy. */
export const envoyDataPlane: DataPlane = {
  name: 'envoy',
  obstacle: () => (existsSync(envoyBinary()) ? null : 'Envoy is not installed; run `npm run peers -- envoy`'),
  start(setting: ProxySetting): Child {
    const bootstrap = join(setting.folder, 'bootstrap.json')
    const { xdsSocket, sdsSocket } = setting
    writeFileSync(bootstrap, JSON.stringify(envoyBootstrap(setting.proxy, { xdsSocket, sdsSocket, adminSocket: adminSocket(setting) })))
    const options = ['--disable-hot-restart', '--concurrency', '1', '-l', 'warning', '--file-flush-interval-msec', '200']
    return new Child({
      name: `envoy ${setting.proxy.role}`,
      command: [...setting.prefix, envoyBinary(), '-c', bootstrap, ...options],
      ipc: false,
      directory: setting.folder,
    })
  },
  whenServing: (child, setting) => whenAdminReady(adminSocket(setting), child, READY_LIMIT_MS),
}

function adminSocket(setting: ProxySetting): string {
  return join(setting.folder, 'admin.sock')
}
