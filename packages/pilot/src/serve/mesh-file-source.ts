import { FileSource } from '@meshwork/config/file'
import { type ConfigObject, meshFileParser } from '@meshwork/config/kinds'
import type { ConfigBatch, ConfigSource } from '@meshwork/config/source'
import type { Clock } from '@meshwork/core/time'

/** No object of an API server or of another file can have this name. */
const NAME = '--mesh-config'

/**
 * The settings of the mesh in a file of their own, read again whenever it changes. A MeshConfig among the objects of the mesh wins
 * over the file; a file that goes, or goes bad, leaves the last good settings in force.
 */
export class MeshFileSource implements ConfigSource {
  private readonly files: FileSource

  constructor(file: string, clock: Clock) {
    this.files = new FileSource({ root: file, clock, parser: meshFileParser() })
  }

  start(sink: (batch: ConfigBatch) => void): Promise<void> {
    return this.files.start(({ upserts, rejections }) => sink({ upserts: upserts.slice(0, 1).map(asLast), deletes: [], rejections }))
  }

  close(): Promise<void> {
    return this.files.close()
  }
}

/** Of several MeshConfigs the oldest is in force, so this one is the youngest. */
function asLast(object: ConfigObject): ConfigObject {
  return { ...object, meta: { ...object.meta, name: NAME, createdAt: Number.MAX_SAFE_INTEGER } }
}
