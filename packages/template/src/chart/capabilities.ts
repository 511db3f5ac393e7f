import { MeshError } from '@meshwork/core/result'

import { newMap } from '../engine/values.ts'
import type { TemplateMap } from '../engine/values.ts'
import { parseVersion, satisfies } from '../functions/version-range.ts'
import type { Chart } from './chart.ts'

/** What templates may ask about the cluster: `.Capabilities.KubeVersion.Version`, `.Capabilities.APIVersions.Has "apps/v1"`. */
export function capabilitiesView(kubeVersion: string, apiVersions: readonly string[]): TemplateMap {
  const version = `v${kubeVersion.replace(/^v/, '')}`
  const parsed = parseVersion(version)
  return newMap([
    [
      'KubeVersion',
      newMap([
        ['Version', version],
        ['GitVersion', version],
        ['Major', String(parsed?.numbers[0] ?? '')],
        ['Minor', String(parsed?.numbers[1] ?? '')],
        ['String', () => version],
      ]),
    ],
    ['APIVersions', newMap([['Has', (wanted: unknown) => apiVersions.includes(String(wanted))]])],
    ['HelmVersion', newMap([['Version', 'v3.19.5']])],
  ])
}

/** Throws CHART_UNSUITABLE when Chart.yaml asks for another version of Kubernetes. */
export function checkKubeVersion(chart: Chart, kubeVersion: string): void {
  const { kubeVersion: range, name } = chart.metadata
  const version = parseVersion(kubeVersion)
  if (range === '' || (version !== undefined && satisfies(version, range))) return
  throw new MeshError('CHART_UNSUITABLE', `chart ${name} needs Kubernetes ${range}, and the cluster has ${kubeVersion}`, {
    source: 'config',
    nextStep: 'upgrade the cluster, or take a version of the chart that suits it',
  })
}
