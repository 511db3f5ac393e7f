import { OriginalDst } from '@meshwork/protos/envoy/extensions/filters/listener/original_dst/v3/original_dst'
import { type FieldPolicy, refuseOtherFields } from '../../decode/field-policy.ts'
import type { ListenerFilterCodec } from '../codec.ts'
import { originalDst } from './filter.ts'

const FIELDS: FieldPolicy<OriginalDst> = {
  read: [],
  harmless: [],
}

export const originalDstCodec: ListenerFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.listener.original_dst.v3.OriginalDst',
  decode: (bytes, report) => {
    refuseOtherFields(OriginalDst.decode(bytes), FIELDS, report)
    return originalDst
  },
}
