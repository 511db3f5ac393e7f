import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { clusterPrograms } from '../cluster/cluster-programs.ts'

/** The answers that unit tests of packages/template trust, asked again of the real program. Needs no cluster. */
interface FunctionCases {
  readonly values: string
  readonly cases: readonly { readonly template: string; readonly output?: string }[]
}

interface ChartRun {
  readonly values: string
  readonly documents?: Readonly<Record<string, readonly string[]>>
}

const TESTDATA = new URL('../../../packages/template/src/testdata/', import.meta.url)
const run = promisify(execFile)
let helm = ''
let folder = ''

beforeAll(async () => {
  helm = (await clusterPrograms(() => undefined)).helm
  folder = mkdtempSync(join(tmpdir(), 'meshwork-helm-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function recorded<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(file, TESTDATA), 'utf8'))
}

async function helmTemplate(...args: readonly string[]): Promise<string> {
  return (await run(helm, ['template', ...args], { maxBuffer: 2 ** 26 })).stdout
}

/** All cases in one chart, each a named template whose text comes back as JSON. */
it('Helm gives the recorded answers for functions', async () => {
  const { values, cases } = recorded<FunctionCases>('helm-functions.json')
  const answered = cases.filter(({ output }) => output !== undefined)
  mkdirSync(join(folder, 'functions', 'templates'), { recursive: true })
  writeFileSync(join(folder, 'functions', 'Chart.yaml'), 'apiVersion: v2\nname: functions\nversion: 0.1.0\n')
  writeFileSync(join(folder, 'functions', 'values.yaml'), values)
  for (const [index, { template }] of answered.entries()) {
    const define = /^\{\{-? define ".*?\{\{ end \}\}/.exec(template)?.[0] ?? ''
    const body = `{{- define "case${index}" }}${template.slice(define.length)}{{ end }}${define}`
    writeFileSync(join(folder, 'functions', 'templates', `${index}.yaml`), `${body}\n${index}: {{ include "case${index}" . | toJson }}\n`)
  }
  const text = await helmTemplate('release', join(folder, 'functions'))
  const answers = new Map(
    [...text.matchAll(/^(\d+): (".*")$/gm)].map(([, index, answer]) => [Number(index), String(JSON.parse(answer ?? '""'))]),
  )
  expect(answered.map((_, index) => answers.get(index))).toEqual(answered.map(({ output }) => output))
})

it.each(Object.entries(recorded<Record<string, ChartRun>>('helm-chart.json')))(
  'Helm renders the chart as recorded with values %s',
  async (name, chart) => {
    const values = join(folder, `${name}.yaml`)
    writeFileSync(values, chart.values)
    const rendered = helmTemplate('rel', fileURLToPath(new URL('app', TESTDATA)), '-n', 'ns1', '--kube-version', '1.34.0', '-f', values)
    if (chart.documents === undefined) return expect(rendered).rejects.toThrow(/schema/)
    expect(bySource(await rendered)).toEqual(chart.documents)
  },
)

function bySource(text: string): Record<string, string[]> {
  const files: Record<string, string[]> = {}
  for (const document of text.split(/^---[ \t]*$/m)) {
    const [, path = '', body = ''] = /^# Source: (.*)\n([\s\S]*)$/.exec(document.trim()) ?? []
    if (body.split('\n').some(line => line.trim() !== '' && !line.startsWith('#'))) (files[path] ??= []).push(body.trim())
  }
  return files
}
