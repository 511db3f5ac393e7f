import type { TypedExtensionConfig } from '@meshwork/protos/envoy/config/core/v3/extension'
import type { HttpConnectionManager } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import { CustomHeaderConfig } from '@meshwork/protos/envoy/extensions/http/original_ip_detection/custom_header/v3/custom_header'
import { XffConfig } from '@meshwork/protos/envoy/extensions/http/original_ip_detection/xff/v3/xff'
import type { HttpConnectionManagerConfig, OriginalIpDetection } from '../model/http-connection-manager.ts'
import { decodeCidr } from './address.ts'
import type { Report } from './report.ts'
import { required } from './scalars.ts'
import { unpack } from './unpack.ts'

type ClientAddressConfig = Pick<
  HttpConnectionManagerConfig,
  'useRemoteAddress' | 'xffNumTrustedHops' | 'skipXffAppend' | 'internalRanges' | 'originalIpDetection' | 'appendForwardedPort'
>

/** The fields of a connection manager that decide who the client is. */
export function decodeClientAddress(manager: HttpConnectionManager, report: Report): ClientAddressConfig {
  const useRemoteAddress = manager.useRemoteAddress ?? false
  const detectors = manager.originalIpDetectionExtensions
  const inner = report.at('original_ip_detection_extensions')
  if (detectors.length > 0 && (useRemoteAddress || manager.xffNumTrustedHops > 0)) {
    inner.refuse('conflict', 'cannot be used together with use_remote_address or xff_num_trusted_hops')
  }
  return {
    useRemoteAddress,
    xffNumTrustedHops: manager.xffNumTrustedHops,
    skipXffAppend: manager.skipXffAppend,
    appendForwardedPort: manager.appendXForwardedPort,
    internalRanges: (manager.internalAddressConfig?.cidrRanges ?? []).map((range, i) =>
      decodeCidr(range, report.at('internal_address_config', 'cidr_ranges', i)),
    ),
    // Without extensions the address is looked for where it always was.
    originalIpDetection:
      detectors.length === 0
        ? [{ kind: 'xff', trustedHops: manager.xffNumTrustedHops }]
        : detectors.flatMap((detector, i) => decodeDetection(detector, inner.at(i)) ?? []),
  }
}

const CUSTOM_HEADER = 'type.googleapis.com/envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig'
const XFF = 'type.googleapis.com/envoy.extensions.http.original_ip_detection.xff.v3.XffConfig'

function decodeDetection(extension: TypedExtensionConfig, report: Report): OriginalIpDetection | null {
  const inner = report.at('typed_config')
  if (extension.typedConfig?.typeUrl === XFF) {
    const config = unpack(extension.typedConfig, XFF, XffConfig, inner)
    return config === null ? null : { kind: 'xff', trustedHops: config.xffNumTrustedHops }
  }
  const config = unpack(extension.typedConfig, CUSTOM_HEADER, CustomHeaderConfig, inner)
  if (config === null) return null
  return {
    kind: 'custom-header',
    header: required(config.headerName, inner.at('header_name')).toLowerCase(),
    trusted: config.allowExtensionToSetAddressAsTrusted,
    rejectStatus: config.rejectWithStatus === undefined ? null : errorStatus(config.rejectWithStatus.code),
  }
}

/** Anything that is no error would be no refusal (CustomHeaderConfig.reject_with_status: 403 then). */
function errorStatus(code: number): number {
  return code >= 400 && code < 600 ? code : 403
}
