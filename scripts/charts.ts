// Completes the charts: writes the custom resource definitions of all kinds into charts/base, which is not committed, and copies
// the charts to where meshctl finds them. Part of `npm run build`, after tsc.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { customResourceDefinitions, type CustomResourceDefinition } from '@meshwork/config/crds'
import { stringify } from 'yaml'

const root = fileURLToPath(new URL('..', import.meta.url))
const charts = join(root, 'charts')
const definitions = join(charts, 'base', 'files', 'crds')
/** Inside the package, because that is what a user of meshctl has. */
const embedded = join(root, 'packages', 'cli', 'dist', 'charts')

rmSync(definitions, { recursive: true, force: true })
mkdirSync(definitions, { recursive: true })
for (const definition of customResourceDefinitions())
  writeFileSync(join(definitions, `${definition.metadata.name}.yaml`), textOf(definition))

rmSync(embedded, { recursive: true, force: true })
// Links become files: the templates of gateways belong to two charts.
cpSync(charts, embedded, { recursive: true, dereference: true })

/** The words in capitals are replaced by the template that reads the file: they depend on who installs. */
function textOf({ metadata, ...definition }: CustomResourceDefinition): string {
  const labels = {
    ...metadata.labels,
    'app.kubernetes.io/managed-by': 'MANAGED_BY',
    'app.kubernetes.io/part-of': 'istio',
    'install.meshwork.dev/component': 'base',
  }
  const annotations = { ...metadata.annotations, 'helm.sh/resource-policy': 'RESOURCE_POLICY' }
  const { apiVersion, kind, spec } = definition
  // No anchors, which API servers do not read; no folded lines, which are slow.
  return stringify(
    { apiVersion, kind, metadata: { name: metadata.name, labels, annotations }, spec },
    { aliasDuplicateObjects: false, lineWidth: 0 },
  )
}
