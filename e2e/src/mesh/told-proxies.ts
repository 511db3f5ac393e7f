/** The two proxies of most told scenarios: a sidecar that asks, and the ingress gateway. */
export const CLIENT_IP = '10.44.1.1'
export const GATEWAY_IP = '10.44.2.1'

export const CLIENT = {
  role: 'client',
  kind: 'sidecar',
  pod: 'client',
  namespace: 'default',
  ip: CLIENT_IP,
  labels: { app: 'client' },
  serviceAccount: 'client',
}

export const GATEWAY = {
  role: 'gateway',
  kind: 'router',
  pod: 'gateway',
  namespace: 'istio-system',
  ip: GATEWAY_IP,
  labels: { istio: 'ingressgateway' },
  serviceAccount: 'gateway',
}
