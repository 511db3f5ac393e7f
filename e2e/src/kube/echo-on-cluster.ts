import { APPS_IMAGE } from './test-images.ts'

export interface EchoOptions {
  readonly namespace: string
  /** Of the Service; its Deployments are `<name>-<version>`. */
  readonly name: string
  /** The label `version` of pods; the application tells it as `x-echo-name`. */
  readonly versions?: readonly string[]
}

/** A Service `name` at port 80 with one pod for each version of the application that answers with what it received. */
export function echoObjects({ namespace, name, versions = ['v1'] }: EchoOptions): readonly object[] {
  const service = { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] }
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: service },
    ...versions.map(version => deployment(namespace, name, version)),
  ]
}

function deployment(namespace: string, name: string, version: string): object {
  const labels = { app: name, version }
  const container = {
    name: 'app',
    image: APPS_IMAGE,
    imagePullPolicy: 'Never',
    args: ['echo'],
    env: [{ name: 'ECHO_NAME', value: version }],
    ports: [{ containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `${name}-${version}`, namespace },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } },
    },
  }
}
