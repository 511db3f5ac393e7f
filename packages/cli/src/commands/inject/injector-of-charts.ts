import { type Injector, textsOf } from '@meshwork/pilot/inject'
import { planInstall, type ValueFlags } from '../../install/install-values.ts'
import { renderInstall } from '../../install/render-install.ts'
import { injectorOfTexts, suffixOf } from './find-injector.ts'

/** Of the cluster that objects are rendered for: one that starts native sidecars. */
const KUBE_VERSION = 'v1.34.0'

/**
 * What an installation with these values would write into its ConfigMaps, without a cluster. Throws INJECTOR_UNUSABLE, and what
 * `planInstall` throws.
 */
export function injectorOfCharts(flags: ValueFlags, cwd: string, revision: string): Injector {
  const suffix = suffixOf(revision)
  const objects = renderInstall(planInstall(flags, cwd, suffix === '' ? {} : { revision }), KUBE_VERSION)
  const dataOf = (name: string): Readonly<Record<string, string>> =>
    textsOf(objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name)?.['data'])
  const { config = '', values = '' } = dataOf(`istio-sidecar-injector${suffix}`)
  const { mesh = '' } = dataOf(`istio${suffix}`)
  return injectorOfTexts({ config, values, mesh }, { revision, supportsNativeSidecars: true }, 'an installation with these values')
}
