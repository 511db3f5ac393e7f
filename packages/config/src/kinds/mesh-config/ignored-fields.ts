import { ignored } from '../shape/shape.ts'
import { anyObject, count, duration, flag, list, oneOf, text } from '../shape/values.ts'
import type { JsonSchema } from '../shape/json-schema.ts'

/** Fields of MeshConfig that somebody's configuration may have and that decide nothing here, of today and of Istio 1.0. */
export const ignoredFields: Readonly<Record<string, JsonSchema>> = {
  ...ignored('the ports of capture are fixed, as in every Istio installation', {
    proxyListenPort: count,
    proxyInboundListenPort: count,
  }),
  ...ignored('certificates come from citadel, which has its own settings', {
    ca: anyObject,
    caCertificates: list(anyObject),
    certificates: list(anyObject),
    verifyCertificateAtClient: flag,
    sdsUdsPath: text,
    enableSdsTokenMount: flag,
    sdsUseK8sSaJwt: flag,
    authPolicy: oneOf('NONE', 'MUTUAL_TLS'),
  }),
  ...ignored('configuration comes from the sources that pilot was started with', {
    configSources: list(anyObject),
    serviceScopeConfigs: list(anyObject),
  }),
  ...ignored('metrics of applications are not merged into those of proxies', { enablePrometheusMerge: flag }),
  ...ignored('there is no access log service', { enableEnvoyAccessLogService: flag }),
  ...ignored('Thrift is passed on as TCP', { thriftConfig: anyObject }),
  ...ignored('the control plane pushes; nobody asks in intervals', { rdsRefreshDelay: duration, sdsRefreshDelay: duration }),
  ...ignored("Mixer's clients are set up with the defaults of Istio 1.0", {
    mixerAddress: text,
    enableClientSidePolicyCheck: flag,
    policyCheckFailOpen: flag,
    disableMixerHttpReports: flag,
    disableReportBatch: flag,
    reportBatchMaxEntries: count,
    reportBatchMaxTime: duration,
  }),
}
