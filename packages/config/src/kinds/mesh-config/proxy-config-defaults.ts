import type { MeshProxyConfig } from './proxy-config-type.ts'

/** Settings of proxies where MeshConfig says nothing: today's defaults of Istio. */
export const DEFAULT_PROXY_CONFIG: MeshProxyConfig = Object.freeze({
  tracing: Object.freeze({
    zipkin: Object.freeze({ address: '' }),
    sampling: 1,
    maxPathTagLength: 0,
    customTags: Object.freeze({}),
    enableIstioTags: true,
  }),
  gatewayTopology: Object.freeze({ numTrustedProxies: 0, forwardClientCertDetails: 'UNDEFINED' }),
  proxyMetadata: Object.freeze({}),
})
