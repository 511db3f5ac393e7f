import { ConnectionLimit } from '@meshwork/protos/envoy/extensions/filters/network/connection_limit/v3/connection_limit'
import { type FieldPolicy, refuseOtherFields } from '../../decode/field-policy.ts'
import { durationMs, required } from '../../decode/scalars.ts'
import type { NetworkFilterCodec } from '../codec.ts'
import { connectionLimit } from './filter.ts'

const FIELDS: FieldPolicy<ConnectionLimit> = { read: ['statPrefix', 'maxConnections', 'delay', 'runtimeEnabled'], harmless: [] }

export const connectionLimitCodec: NetworkFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit',
  decode: (bytes, report) => {
    const limit = ConnectionLimit.decode(bytes)
    refuseOtherFields(limit, FIELDS, report)
    const maxConnections = Number(limit.maxConnections ?? 0n)
    if (maxConnections < 1) report.at('max_connections').refuse('out-of-range', 'must be at least 1')
    return connectionLimit({
      statPrefix: required(limit.statPrefix, report.at('stat_prefix')),
      maxConnections,
      delayMs: durationMs(limit.delay, 0, report.at('delay')),
      enabled: limit.runtimeEnabled?.defaultValue ?? true,
    })
  },
}
