import { ProxyProtocolConfig_Version } from '@meshwork/protos/envoy/config/core/v3/proxy_protocol'
import { ProxyProtocol } from '@meshwork/protos/envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol'
import { type FieldPolicy, refuseOtherFields } from '../../decode/field-policy.ts'
import { required } from '../../decode/scalars.ts'
import type { ListenerFilterCodec } from '../codec.ts'
import { PROXY_PROTOCOL, proxyProtocol } from './filter.ts'
import { passedOn } from './passed-on.ts'

const FIELDS: FieldPolicy<ProxyProtocol> = {
  read: ['rules', 'allowRequestsWithoutProxyProtocol', 'passThroughTlvs', 'disallowedVersions', 'statPrefix'],
  harmless: [],
}

export const proxyProtocolCodec: ListenerFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol',
  decode: (bytes, report) => {
    const config = ProxyProtocol.decode(bytes)
    refuseOtherFields(config, FIELDS, report)
    return proxyProtocol({
      rules: config.rules.map(({ tlvType, onTlvPresent }, i) => {
        const inner = report.at('rules', i)
        if (tlvType > 255) inner.at('tlv_type').refuse('out-of-range', 'must be below 256')
        return {
          type: tlvType,
          namespace: onTlvPresent?.metadataNamespace || PROXY_PROTOCOL,
          key: required(onTlvPresent?.key ?? '', inner.at('on_tlv_present', 'key')),
        }
      }),
      allowWithoutHeader: config.allowRequestsWithoutProxyProtocol,
      passesOn: passedOn(config.passThroughTlvs),
      disallowedVersions: config.disallowedVersions.map(version => (version === ProxyProtocolConfig_Version.V2 ? 2 : 1)),
      statPrefix: config.statPrefix,
    })
  },
}
