import { HttpInspector } from '@meshwork/protos/envoy/extensions/filters/listener/http_inspector/v3/http_inspector'
import { type FieldPolicy, refuseOtherFields } from '../../decode/field-policy.ts'
import type { ListenerFilterCodec } from '../codec.ts'
import { httpInspector } from './filter.ts'

const FIELDS: FieldPolicy<HttpInspector> = {
  read: [],
  harmless: [],
}

export const httpInspectorCodec: ListenerFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.listener.http_inspector.v3.HttpInspector',
  decode: (bytes, report) => {
    refuseOtherFields(HttpInspector.decode(bytes), FIELDS, report)
    return httpInspector
  },
}
