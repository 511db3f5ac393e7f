import type { Runner } from '@meshwork/core/lifecycle'
import type { Engine } from '../engine/index.ts'
import type { MixerClients } from '../mixer-client/index.ts'
import type { FileSecrets } from './file-secrets.ts'

/** Stops after the configuration and before the identity: requests under way end with what they began with. */
export function traffic(engine: Engine, mixer: MixerClients, secrets: FileSecrets, drainMs: number): Runner {
  return {
    name: 'traffic',
    start: () => Promise.resolve(),
    close: async () => {
      await engine.drain(drainMs)
      await engine.close()
      mixer.close()
      secrets.close()
    },
  }
}

/** Mixer's calls go straight to a host of its cluster: in a mesh it has one address, that of its service. */
export function firstHost(engine: Engine, cluster: string): string | null {
  const view = engine.clusters().find(({ config }) => config.name === cluster)
  return view?.hosts.find(({ healthy }) => healthy)?.address ?? null
}
