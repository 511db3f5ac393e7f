import { type Result, ok, type Violation } from '@meshwork/core/result'

import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import type { MixerClients } from '../../mixer-client/index.ts'
import type { FilterBlueprint } from '../filter.ts'
import { decodeMixerFilterConfig, decodeMixerServiceConfig } from './config.ts'
import { mixerBlueprint } from './filter.ts'

const CLIENT_CONFIG = 'type.googleapis.com/istio.mixer.v1.config.client.HttpClientConfig'
const SERVICE_CONFIG = 'type.googleapis.com/istio.mixer.v1.config.client.ServiceConfig'

/** The mixer filter for the proxy's catalog; all its chains share `clients`. */
export function mixerFilterCodec(clients: MixerClients): HttpFilterCodec {
  return {
    typeUrl: CLIENT_CONFIG,
    decode(bytes): Result<FilterBlueprint, readonly Violation[]> {
      const config = decodeMixerFilterConfig(bytes)
      return config.kind === 'ok' ? ok(mixerBlueprint(config.value, clients)) : config
    },
    perRoute: { typeUrl: SERVICE_CONFIG, decode: decodeMixerServiceConfig },
  }
}
