import { OriginalSrc } from '@meshwork/protos/envoy/extensions/filters/listener/original_src/v3/original_src'
import { type FieldPolicy, refuseOtherFields } from '../../decode/field-policy.ts'
import type { ListenerFilterCodec } from '../codec.ts'
import { originalSrc } from './filter.ts'

const FIELDS: FieldPolicy<OriginalSrc> = {
  read: ['mark'],
  harmless: [],
}

export const originalSrcCodec: ListenerFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.listener.original_src.v3.OriginalSrc',
  decode: (bytes, report) => {
    const config = OriginalSrc.decode(bytes)
    refuseOtherFields(config, FIELDS, report)
    return originalSrc(config.mark)
  },
}
