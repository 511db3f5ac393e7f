import { join } from 'node:path'
import { MeshError } from '@meshwork/core/result'
import { loadChart, manifestsOf, renderChart } from '@meshwork/template/chart'
import type { InstallPlan } from './install-values.ts'
import { type KubeObject, kubeObjectOf } from './kube-object.ts'
import { OURSELVES } from './ownership.ts'
import { wholeNumbers } from './whole-numbers.ts'

/** The objects of charts `base` and `mesh`, as Helm would render them, but owned by us. Throws what the templates complain about. */
export function renderInstall({ charts, namespace, given }: InstallPlan, kubeVersion: string): readonly KubeObject[] {
  const render = (name: string, values: InstallPlan['given']): readonly KubeObject[] => {
    const release = { name, namespace, service: OURSELVES }
    const { files } = renderChart(loadChart(join(charts, name)), { release, kubeVersion, values: wholeNumbers(values) })
    return manifestsOf(files).map(({ path, object }) => readObject(path, object, namespace))
  }
  return [...render('base', {}), ...render('mesh', given)]
}

function readObject(path: string, content: unknown, namespace: string): KubeObject {
  const object = kubeObjectOf(content)
  if (object === undefined) {
    throw new MeshError('CHART_BROKEN', `${path} (for ${namespace}) renders something that is no object of Kubernetes`, {
      source: 'config',
      nextStep: 'look at what it renders with helm template',
    })
  }
  return object
}
