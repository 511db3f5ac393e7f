import { APPS_IMAGE } from './test-images.ts'

const NAME = 'streams'

/** The application that keeps streams open, `e2e/src/apps/stream-server.ts`. */
export function streamsObjects(namespace: string): readonly object[] {
  const metadata = { name: NAME, namespace }
  const labels = { app: NAME }
  const container = {
    name: 'app',
    image: APPS_IMAGE,
    imagePullPolicy: 'Never',
    args: ['streams'],
    readinessProbe: { tcpSocket: { port: 9090 }, periodSeconds: 1 },
  }
  const ports = [
    { name: 'http', port: 8080 },
    { name: 'grpc', port: 9090 },
  ]
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: labels, ports } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } },
      },
    },
  ]
}
