import { APPS_IMAGE } from './test-images.ts'

/** Two echoes in a namespace, at `http://echo.NAMESPACE/`, whose probes are asked by the kubelet, which has no certificate. */
export function echoApp(namespace: string): readonly object[] {
  const metadata = { name: 'echo', namespace }
  // A machine that does other work besides must not have them restarted, which loses what they are answering.
  const probe = { httpGet: { path: '/', port: 8080 }, periodSeconds: 1, timeoutSeconds: 10 }
  // As everywhere in Kubernetes: endpoints learn of a pod's end while it has begun, so an application serves a little longer; here with
  // room for a machine whose cores have other work.
  const lifecycle = { preStop: { sleep: { seconds: 15 } } }
  const probes = { readinessProbe: probe, livenessProbe: { ...probe, failureThreshold: 10 } }
  const image = { image: APPS_IMAGE, imagePullPolicy: 'Never' }
  const container = { name: 'app', ...image, args: ['echo'], ports: [{ containerPort: 8080 }], lifecycle, ...probes }
  const ports = [{ name: 'http', port: 80, targetPort: 8080 }]
  const template = { metadata: { labels: { app: 'echo' } }, spec: { containers: [container] } }
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: 'echo' }, ports } },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 2, selector: { matchLabels: { app: 'echo' } }, template } },
  ]
}
