import type { LogFilterConfig } from './access-log-filter.ts'
import type { HeaderAddition } from './route.ts'
import type { SubstitutionFormat } from './substitution-format.ts'

/** `envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig`: how answers of our own look. */
export interface LocalReplyConfig {
  /** The first one that applies decides. */
  readonly mappers: readonly LocalReplyMapperConfig[]
  /** null: the body as it is, as plain text. */
  readonly bodyFormat: BodyFormatConfig | null
}

export interface LocalReplyMapperConfig {
  readonly filter: LogFilterConfig
  readonly status: number | null
  readonly body: string | null
  readonly bodyFormat: BodyFormatConfig | null
  readonly headers: readonly HeaderAddition[]
}

export interface BodyFormatConfig {
  /** Empty: that of the format. */
  readonly contentType: string
  readonly format: SubstitutionFormat
}

export const PLAIN_LOCAL_REPLIES: LocalReplyConfig = { mappers: [], bodyFormat: null }
