import type { TemplateMap } from '../engine/values.ts'

/** A chart as it lies in its folder. */
export interface Chart {
  /** Fields of Chart.yaml under the names of Go's struct: `.Chart.AppVersion`. */
  readonly metadata: ChartMetadata
  /** values.yaml. */
  readonly values: TemplateMap
  /** Text of values.schema.json. */
  readonly schema: string | undefined
  /** Files below `templates/` by path within the chart. */
  readonly templates: ReadonlyMap<string, string>
  /** YAML files below `crds/`, which Helm installs first and never renders. */
  readonly crds: ReadonlyMap<string, string>
  /** Everything else, for `.Files`. */
  readonly files: ReadonlyMap<string, Buffer>
  readonly dependencies: readonly Chart[]
}

export interface ChartMetadata {
  readonly name: string
  readonly version: string
  readonly kubeVersion: string
  /** `application` or `library`; a library only lends its named templates. */
  readonly type: string
  readonly dependencies: readonly ChartDependency[]
  /** What templates see as `.Chart`. */
  readonly view: TemplateMap
}

/** An entry of `dependencies` in Chart.yaml. */
export interface ChartDependency {
  readonly name: string
  readonly alias: string | undefined
  /** Paths in the values, split by comma; the first that is a truth value decides. */
  readonly condition: string
  readonly tags: readonly string[]
}
