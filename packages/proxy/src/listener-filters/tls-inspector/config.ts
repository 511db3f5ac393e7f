import { TlsInspector } from '@meshwork/protos/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector'
import { type FieldPolicy, refuseOtherFields } from '../../decode/field-policy.ts'
import type { ListenerFilterCodec } from '../codec.ts'
import { tlsInspector } from './filter.ts'

const FIELDS: FieldPolicy<TlsInspector> = {
  read: [],
  // How much is read at a time.
  harmless: ['initialReadBufferSize'],
}

export const tlsInspectorCodec: ListenerFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
  decode: (bytes, report) => {
    refuseOtherFields(TlsInspector.decode(bytes), FIELDS, report)
    return tlsInspector
  },
}
