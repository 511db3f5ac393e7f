import { ExtAuthz } from '@meshwork/protos/envoy/extensions/filters/network/ext_authz/v3/ext_authz'
import { type FieldPolicy, refuseOtherFields } from '../../decode/field-policy.ts'
import { decodeMetadataMatch } from '../../decode/metadata-match.ts'
import { required } from '../../decode/scalars.ts'
import { readGrpc } from '../../filters/ext-authz/config.ts'
import { compileMetadataMatch } from '../../route/match-value.ts'
import type { NetworkFilterCodec } from '../codec.ts'
import { networkExtAuthz } from './filter.ts'

const FIELDS: FieldPolicy<ExtAuthz> = {
  read: ['statPrefix', 'grpcService', 'failureModeAllow', 'includePeerCertificate', 'filterEnabledMetadata', 'includeTlsSession'],
  // The version is 3.
  harmless: ['transportApiVersion'],
}

export const networkExtAuthzCodec: NetworkFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.network.ext_authz.v3.ExtAuthz',
  decode: (bytes, report) => {
    const message = ExtAuthz.decode(bytes)
    refuseOtherFields(message, FIELDS, report)
    const { filterEnabledMetadata: enabled } = message
    if (message.grpcService === undefined) report.at('grpc_service').refuse('required', 'must be set')
    return networkExtAuthz({
      statPrefix: required(message.statPrefix, report.at('stat_prefix')),
      service: readGrpc(message.grpcService, report.at('grpc_service')),
      failureModeAllow: message.failureModeAllow,
      includesCertificate: message.includePeerCertificate,
      includesTls: message.includeTlsSession,
      enabledMetadata:
        enabled === undefined ? null : compileMetadataMatch(decodeMetadataMatch(enabled, report.at('filter_enabled_metadata'))),
    })
  },
}
