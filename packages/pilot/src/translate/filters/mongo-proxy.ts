import type { Filter } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import { MongoProxy } from '@meshwork/protos/envoy/extensions/filters/network/mongo_proxy/v3/mongo_proxy'
import { packAny } from '@meshwork/protos/any'
import { MONGO_PROXY } from '../envoy/messages.ts'

/** Counts under `mongo.<statPrefix>.` what goes over a port of MongoDB, as Istio does by default (`PILOT_ENABLE_MONGO_FILTER`). */
export function buildMongoProxy(statPrefix: string): Filter {
  const value = packAny(MONGO_PROXY, MongoProxy.fromPartial({ statPrefix }))
  return { name: 'envoy.filters.network.mongo_proxy', configType: { $case: 'typedConfig', value } }
}
