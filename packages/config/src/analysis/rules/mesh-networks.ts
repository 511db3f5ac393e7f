import { at, entries, fields, textOf } from '../document.ts'
import type { Draft, Rule } from '../finding.ts'
import { yamlOf } from '../injector-values.ts'

const LOCAL_REGISTRY = 'Kubernetes'
const REMOTE_SECRET = 'istio/multiCluster'

export const unknownNetworkRegistry: Rule = {
  code: 'IST0126',
  name: 'UnknownMeshNetworksServiceRegistry',
  severity: 'error',
  summary: 'a network of a registry that the mesh does not know',
  check: context => {
    const remotes = context.documentsOf('Secret').filter(({ meta }) => meta.labels[REMOTE_SECRET] === 'true')
    const known = [
      LOCAL_REGISTRY,
      ...remotes.flatMap(({ body }) => Object.keys({ ...fields(body['data']), ...fields(body['stringData']) })),
    ]
    return context.documentsOf('ConfigMap').flatMap(object =>
      registriesOf(at(object.body, 'data', 'meshNetworks'))
        .filter(({ registry }) => !known.includes(registry))
        .map(({ network, registry }): Draft => ({
          object,
          path: 'data.meshNetworks',
          message: `the network '${network}' has its endpoints from the registry '${registry}', and there is no such registry`,
          remedy: `name one of ${known.join(', ')}, or add the secret of that cluster (label ${REMOTE_SECRET}: "true")`,
        })),
    )
  },
}

function registriesOf(text: unknown): readonly { readonly network: string; readonly registry: string }[] {
  if (text === undefined) return []
  return Object.entries(fields(at(yamlOf(text), 'networks'))).flatMap(([network, settings]) =>
    entries(at(settings, 'endpoints'))
      .map(each => textOf(at(each, 'fromRegistry')))
      .filter(registry => registry !== '')
      .map(registry => ({ network, registry })),
  )
}
