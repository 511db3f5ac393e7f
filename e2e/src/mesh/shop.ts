import type { MeshShape } from '../backend/mesh.ts'

/** Two callers and a service in two versions: enough for routing. `echo` is called as `echo:8000`. */
export function shop(name: string, config: Readonly<Record<string, string>> = {}): MeshShape {
  return {
    name,
    services: [
      { name: 'ann', port: 8000, versions: ['v1'] },
      { name: 'ben', port: 8000, versions: ['v1'] },
      { name: 'echo', port: 8000, versions: ['v1', 'v2'] },
    ],
    config: { subsets: SUBSETS, ...config },
  }
}

export const ANN = 'ann-v1'
export const BEN = 'ben-v1'
export const ECHO = 'echo:8000'

const SUBSETS = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: echo, namespace: default}
spec:
  host: echo
  subsets:
  - {name: v1, labels: {version: v1}}
  - {name: v2, labels: {version: v2}}
  - {name: nobody, labels: {version: v9}}
`

/** A VirtualService for `echo` with these HTTP rules, written as YAML flow or block below \`http:\`. */
export function echoRules(http: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: echo, namespace: default}
spec:
  hosts: [echo]
  http:
${http
  .trim()
  .split('\n')
  .map(line => `  ${line}`)
  .join('\n')}
`
}

/** A route to one subset of `echo`. */
export function to(subset: string): string {
  return `route: [{destination: {host: echo, subset: ${subset}}}]`
}
