import {
  type ProxyProtocolPassThroughTLVs,
  ProxyProtocolPassThroughTLVs_PassTLVsMatchType,
} from '@meshwork/protos/envoy/config/core/v3/proxy_protocol'

/** Which extensions (types of TLV) a PROXY header hands on. Absent: none. */
export function passedOn(tlvs: ProxyProtocolPassThroughTLVs | undefined): (type: number) => boolean {
  if (tlvs === undefined) return () => false
  if (tlvs.matchType === ProxyProtocolPassThroughTLVs_PassTLVsMatchType.INCLUDE_ALL) return () => true
  const types = new Set(tlvs.tlvType)
  return type => types.has(type)
}
