import { GrpcWeb } from '@meshwork/protos/envoy/extensions/filters/http/grpc_web/v3/grpc_web'
import { codecFor } from '../../decode/define-codec.ts'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import { grpcWebBlueprint } from './filter.ts'

export const grpcWebCodec: HttpFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb',
  decode: codecFor(GrpcWeb, { read: [], harmless: [] }, () => grpcWebBlueprint()),
  perRoute: null,
}
