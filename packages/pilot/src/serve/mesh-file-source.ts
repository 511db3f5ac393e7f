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
import { messageOf, violation } from '@meshwork/core/result'
import type { Clock, Timer } from '@meshwork/core/time'

/** No object of an API server or of another file can have this name. */
const NAME = '--mesh-config'
/** How long a file of networks that appears goes unnoticed, in milliseconds. */
const LOOK_AGAIN_MS = 2000

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
  private networks: FileSource | null = null
  private timer: Timer | null = null
  private isClosed = false
  private readonly files: MeshFiles
  private readonly clock: Clock
  private object: ConfigObject | undefined
  private networksInForce: MeshNetworksSpec | undefined
  private readonly rejections: { settings: readonly Rejection[]; networks: readonly Rejection[] } = { settings: [], networks: [] }

  constructor(files: MeshFiles, clock: Clock) {
    this.files = files
    this.clock = clock
    this.settings = new FileSource({ root: files.settings, clock, parser: meshFileParser() })
  }

  async start(sink: (batch: ConfigBatch) => void): Promise<void> {
    // The first batch has both, so that nothing is in force without its networks.
    if (this.files.networks !== undefined) await this.startNetworks(this.files.networks, sink)
    await this.settings.start(({ upserts: [object = this.object], rejections }) => {
      this.rejections.settings = rejections
      this.object = object
      sink(this.batch())
    })
  }

  /** A file that is not there yet keeps nobody waiting: ConfigMaps of older installations have no such key. */
  private async startNetworks(root: string, sink: (batch: ConfigBatch) => void): Promise<void> {
    const { clock } = this
    const source = new FileSource({ root, clock, parser: networksFileParser() })
    const told = (): void => {
      if (this.object !== undefined) sink(this.batch())
    }
    try {
      await source.start(({ upserts: [object], rejections }) => {
        this.rejections.networks = rejections
        if (object !== undefined && isKind(object, 'MeshConfig')) this.networksInForce = object.spec.meshNetworks
        told()
      })
    } catch (error) {
      if (this.rejections.networks.length === 0) {
        this.rejections.networks = [unreadable(root, messageOf(error))]
        told()
      }
      if (!this.isClosed) this.timer = clock.after(LOOK_AGAIN_MS, () => void this.startNetworks(root, sink))
      return
    }
    this.networks = source
    if (this.isClosed) await source.close()
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.timer?.cancel()
    await Promise.all([this.settings.close(), this.networks?.close()])
  }

  private batch(): ConfigBatch {
    const { object, networksInForce } = this
    const rejections = [...this.rejections.settings, ...this.rejections.networks]
    return { upserts: object === undefined ? [] : [asLast(withNetworks(object, networksInForce))], deletes: [], rejections }
  }
}

function unreadable(file: string, message: string): Rejection {
  const reason = violation('', 'unreadable', message, 'write networks: {} where there are none')
  return { key: undefined, origin: { file, line: 1 }, violations: [{ ...reason, line: 1 }] }
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
