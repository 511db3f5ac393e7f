import { messageName } from '@meshwork/protos/any'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import type { Adapter, AdapterHandler } from '../adapter.ts'

/** More distinct parameters than a mesh has handlers; beyond, the least recently used handler is closed. */
const MOST_HANDLERS = 64

/** The handlers of one adapter by their encoded parameters. */
export class HandlerCache<Params> {
  private readonly adapter: Adapter<Params>
  private readonly handlers = new Map<string, AdapterHandler>()

  constructor(adapter: Adapter<Params>) {
    this.adapter = adapter
  }

  /** Builds at the first call with these parameters. Without parameters the adapter's defaults hold. */
  handlerFor(config: Any | undefined): AdapterHandler {
    const bytes = config?.value ?? new Uint8Array()
    if (config !== undefined && messageName(config.typeUrl) !== this.adapter.paramsType) {
      throw new Error(`adapter '${this.adapter.name}' takes ${this.adapter.paramsType}, not ${messageName(config.typeUrl)}`)
    }
    const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    const handler = this.handlers.get(key) ?? this.adapter.build(this.adapter.decodeParams(bytes))
    this.handlers.delete(key)
    this.handlers.set(key, handler)
    const oldest = this.handlers.entries().next()
    if (this.handlers.size > MOST_HANDLERS && oldest.done !== true) {
      this.handlers.delete(oldest.value[0])
      void oldest.value[1].close?.()
    }
    return handler
  }

  async close(): Promise<void> {
    const handlers = [...this.handlers.values()]
    this.handlers.clear()
    await Promise.all(handlers.map(async handler => handler.close?.()))
  }
}
