import { APPS_IMAGE } from './test-images.ts'

export interface AppPod {
  readonly annotations?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  /** Fields of its container beside name, image and port. */
  readonly container: object
  /** Fields of the pod beside its containers. */
  readonly spec?: object
}

/** A Deployment of one pod, container `app`, and its Service: port 80, which is 8080 in the pod. */
export function app(namespace: string, name: string, { annotations = {}, labels = {}, container, spec = {} }: AppPod): readonly object[] {
  const metadata = { name, namespace }
  const image = { image: APPS_IMAGE, imagePullPolicy: 'Never' }
  const containers = [{ name: 'app', ...image, ports: [{ containerPort: 8080 }], ...container }]
  const ports = [{ name: 'http', port: 80, targetPort: 8080 }]
  const pod = { terminationGracePeriodSeconds: 5, containers, ...spec }
  const template = { metadata: { labels: { app: name, ...labels }, annotations }, spec: pod }
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: name }, ports } },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { selector: { matchLabels: { app: name } }, template } },
  ]
}

/** A pod that waits. */
export function barePod(namespace: string, name: string): object {
  const containers = [{ name: 'app', image: APPS_IMAGE, imagePullPolicy: 'Never', args: ['wait'] }]
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec: { terminationGracePeriodSeconds: 0, containers } }
}

/** Asked by the kubelet in each of its ways, on ports that no Service has; one bad answer to a liveness probe starts it anew. */
export function probed(env: readonly object[] = []): object {
  const often = { periodSeconds: 1, failureThreshold: 1 }
  return {
    args: ['probed'],
    env,
    startupProbe: { tcpSocket: { port: 8083 }, periodSeconds: 1, failureThreshold: 60 },
    readinessProbe: { httpGet: { path: '/healthz', port: 8081 }, ...often },
    livenessProbe: { grpc: { port: 8082 }, ...often, timeoutSeconds: 10 },
  }
}
