/** `true`: the workload serves only while its status says that it is healthy. Whoever registers it writes this. */
export const HEALTH_CHECKED_ANNOTATION = 'proxy.istio.io/health-checks-enabled'
