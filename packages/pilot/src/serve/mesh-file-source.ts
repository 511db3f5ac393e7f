import { FileSource } from '@meshwork/config/file'
import {
  type ConfigObject,
  isKind,
  meshFileParser,
  type MeshNetworksSpec,
  networksFileParser,
  type Rejection,
} from '@meshwork/config/kinds'
import type { ConfigBatch, ConfigSource } from '@meshwork/config/source'
import type { Clock } from '@meshwork/core/time'

/** No object of an API server or of another file can have this name. */
const NAME = '--mesh-config'

export interface MeshFiles {
  readonly settings: string
  /** Istio's file of networks, where they stand in one of their own. */
  readonly networks?: string
}

/**
 * The settings of the mesh in a file of their own, read again whenever it changes, and its networks in another one. A MeshConfig among
 * the objects of the mesh wins over them; a file that goes, or goes bad, leaves what was last good in it in force.
 */
export class MeshFileSource implements ConfigSource {
  private readonly settings: FileSource
  private readonly networks: FileSource | null
  private object: ConfigObject | undefined
  private networksInForce: MeshNetworksSpec | undefined
  private readonly rejections: { settings: readonly Rejection[]; networks: readonly Rejection[] } = { settings: [], networks: [] }

  constructor({ settings, networks }: MeshFiles, clock: Clock) {
    this.settings = new FileSource({ root: settings, clock, parser: meshFileParser() })
    this.networks = networks === undefined ? null : new FileSource({ root: networks, clock, parser: networksFileParser() })
  }

  async start(sink: (batch: ConfigBatch) => void): Promise<void> {
    // The first batch has both, so that nothing is in force without its networks.
    await this.networks?.start(({ upserts: [object], rejections }) => {
      this.rejections.networks = rejections
      if (object !== undefined && isKind(object, 'MeshConfig')) this.networksInForce = object.spec.meshNetworks
      if (this.object !== undefined) sink(this.batch())
    })
    await this.settings.start(({ upserts: [object = this.object], rejections }) => {
      this.rejections.settings = rejections
      this.object = object
      sink(this.batch())
    })
  }

  async close(): Promise<void> {
    await Promise.all([this.settings.close(), this.networks?.close()])
  }

  private batch(): ConfigBatch {
    const { object, networksInForce } = this
    const rejections = [...this.rejections.settings, ...this.rejections.networks]
    return { upserts: object === undefined ? [] : [asLast(withNetworks(object, networksInForce))], deletes: [], rejections }
  }
}

/** Networks that the settings name themselves go before those of the other file. */
function withNetworks(object: ConfigObject, networks: MeshNetworksSpec | undefined): ConfigObject {
  if (networks === undefined || !isKind(object, 'MeshConfig') || Object.keys(object.spec.meshNetworks.networks).length > 0) return object
  return { ...object, spec: { ...object.spec, meshNetworks: networks } }
}

/** Of several MeshConfigs the oldest is in force, so this one is the youngest. */
function asLast(object: ConfigObject): ConfigObject {
  return { ...object, meta: { ...object.meta, name: NAME, createdAt: Number.MAX_SAFE_INTEGER } }
}
