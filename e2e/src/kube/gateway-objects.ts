/** The host that the gateway answers for. */
export const HOST = 'shop.example'

/** One host at a Gateway, over HTTP and, with the certificate of the Secret `shop`, over HTTPS. */
export const HTTP_GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: shop}
spec:
  selector: {istio: ingressgateway}
  servers:
    - {port: {number: 80, name: http, protocol: HTTP}, hosts: [${HOST}]}
    - {port: {number: 443, name: https, protocol: HTTPS}, hosts: [${HOST}], tls: {mode: SIMPLE, credentialName: shop}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [${HOST}]
  gateways: [shop]
  http: [{route: [{destination: {host: echo}}]}]
`

/** The older way in, of the class that the mesh serves. */
export const INGRESS = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: door, annotations: {kubernetes.io/ingress.class: istio}}
spec:
  rules:
    - host: door.example
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: echo, port: {number: 80}}}}]}
`

/** Nine of ten requests to one version, one to the other. */
export const ROUTES = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: echo}
spec:
  hosts: [echo]
  http:
    - route:
        - {destination: {host: echo, subset: v1}, weight: 90}
        - {destination: {host: echo, subset: v2}, weight: 10}
`

/** The versions that `ROUTES` names. */
export const SUBSETS = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: echo}
spec:
  host: echo
  subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]
`
