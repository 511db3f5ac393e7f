import { MongoProxy } from '@meshwork/protos/envoy/extensions/filters/network/mongo_proxy/v3/mongo_proxy'
import { type FieldPolicy, refuseOtherFields } from '../../decode/field-policy.ts'
import { required } from '../../decode/scalars.ts'
import type { NetworkFilterCodec } from '../codec.ts'
import { mongoProxy } from './filter.ts'

const FIELDS: FieldPolicy<MongoProxy> = { read: ['statPrefix', 'commands'], harmless: [] }

/** Commands with counters of their own where the configuration names none. */
const DEFAULT_COMMANDS: readonly string[] = ['delete', 'insert', 'update']

export const mongoProxyCodec: NetworkFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.network.mongo_proxy.v3.MongoProxy',
  decode: (bytes, report) => {
    const config = MongoProxy.decode(bytes)
    refuseOtherFields(config, FIELDS, report)
    const statPrefix = required(config.statPrefix, report.at('stat_prefix'))
    return mongoProxy(statPrefix, config.commands.length > 0 ? config.commands : DEFAULT_COMMANDS)
  },
}
