import type { HttpFilterCodec } from '../decode/filter-codec.ts'
import type { MixerClients } from '../mixer-client/index.ts'
import { corsCodec } from './cors/index.ts'
import { faultCodec } from './fault/index.ts'
import { headerMutationCodec } from './header-mutation/index.ts'
import { mixerFilterCodec } from './mixer/index.ts'
import { rbacCodec } from './rbac/index.ts'
import { routerCodec } from './router/config.ts'

/** What filters share within one proxy. */
export interface FilterResources {
  readonly mixer: MixerClients
}

/** Every HTTP filter that the proxy knows. A new one is a folder beside this file and a line here. */
export function httpFilterCodecs({ mixer }: FilterResources): readonly HttpFilterCodec[] {
  return [routerCodec, mixerFilterCodec(mixer), corsCodec, faultCodec, headerMutationCodec, rbacCodec]
}
