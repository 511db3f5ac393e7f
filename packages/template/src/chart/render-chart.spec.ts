import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

import { parseYaml } from '../yaml/index.ts'
import { loadChart, manifestsOf, renderChart } from './index.ts'
import type { RenderedChart, RenderedFile } from './index.ts'

interface Run {
  readonly values: string
  readonly fails?: boolean
  readonly documents?: Readonly<Record<string, readonly string[]>>
}

const folder = fileURLToPath(new URL('../testdata/app', import.meta.url))
const recorded: Readonly<Record<string, Run>> = JSON.parse(readFileSync(new URL('../testdata/helm-chart.json', import.meta.url), 'utf8'))

function render(values: string, kubeVersion = 'v1.34.0'): RenderedChart {
  const layer = parseYaml(values)
  return renderChart(loadChart(folder), {
    release: { name: 'rel', namespace: 'ns1' },
    kubeVersion,
    values: typeof layer === 'object' && layer !== null ? { ...layer } : {},
    apiVersions: ['apps/v1'],
  })
}

/** Documents of a file as Helm's output has them: trimmed, and without those that hold comments only. */
function documents(files: readonly RenderedFile[]): Record<string, readonly string[]> {
  const split = files.map(
    ({ path, text }) =>
      [
        path,
        text
          .split(/^---[ \t]*$/m)
          .map(part => part.trim())
          .filter(isContent),
      ] as const,
  )
  return Object.fromEntries(split.filter(([, parts]) => parts.length > 0))
}

function isContent(document: string): boolean {
  return document.split('\n').some(line => line.trim() !== '' && !line.startsWith('#'))
}

describe('a chart with sub-charts, as Helm renders it', () => {
  it.each(Object.entries(recorded).filter(([, run]) => run.fails !== true))('with values %s', (_, run) => {
    expect(documents(render(run.values).files)).toEqual(run.documents)
  })

  it('is recorded for all sets of values but the wrong one', () => {
    expect(Object.keys(recorded).filter(name => recorded[name]?.documents === undefined)).toEqual(['wrong'])
  })

  it('refuses values against the schemas of chart and sub-charts, all at once', () => {
    expect(() => render(recorded['wrong']?.values ?? '')).toThrow(
      /- replicas: must be integer\n- ports\.0: must be integer\n- db\.size: must be string/,
    )
  })
})

describe('beside the templates', () => {
  it("gives the chart's own notes and the definitions, not rendered", () => {
    const { notes, crds } = render('')
    expect(notes.trim()).toBe('Installed rel of app into ns1.')
    expect(crds).toEqual([{ path: 'app/crds/things.yaml', text: expect.stringContaining('things.example.org') }])
  })

  it('refuses a cluster that is too old', () => {
    expect(() => render('', 'v1.24.0')).toThrow('chart app needs Kubernetes >=1.25.0-0, and the cluster has v1.24.0')
  })

  it('reads the objects, and names the file of what is none', () => {
    const objects = manifestsOf(render('').files).map(({ object }) => object['kind'])
    expect(objects).toContain('Deployment')
    expect(() => manifestsOf([{ path: 'app/templates/x.yaml', text: 'a: [' }])).toThrow(/^app\/templates\/x.yaml did not render to objects/)
  })

  it('asks the cluster by lookup', () => {
    const chart = {
      ...loadChart(folder),
      templates: new Map([['templates/x.yaml', '{{ (lookup "v1" "Secret" "ns" "s").data }}']]),
      dependencies: [],
    }
    const lookup = (...asked: readonly string[]): Record<string, unknown> => ({ data: asked.join('/') })
    const options = { release: { name: 'r', namespace: 'n' }, kubeVersion: 'v1.34.0', lookup }
    expect(renderChart(chart, options).files).toEqual([{ path: 'app/templates/x.yaml', text: 'v1/Secret/ns/s' }])
  })

  it('says which folder is no chart', () => {
    expect(() => loadChart(`${folder}/files`)).toThrow(/files\/Chart\.yaml: there is no such file/)
  })
})
