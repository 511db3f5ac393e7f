import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { err, messageOf, ok, type Result } from '@meshwork/core/result'
import type { Clock, Timer } from '@meshwork/core/time'
import { compileTemplate } from './compile-template.ts'
import type { Injector } from './inject-pod.ts'
import { type InjectionTexts, parseInjectionSettings } from './injection-settings.ts'
import { RememberedYaml } from './remembered-yaml.ts'
import { compileTemplates } from './render-templates.ts'
import type { InjectorFacts } from './template-data.ts'

export interface InjectorFilesOptions extends InjectorFacts {
  /** Folder with the files `config` and `values`, as the ConfigMap istio-sidecar-injector is mounted. */
  readonly folder: string
  /** File with the settings of the mesh; undefined: none. */
  readonly meshFile: string | undefined
  readonly clock: Clock
  readonly log: Logger
}

/** How long a change on disk may go unnoticed, in milliseconds; the kubelet takes up to a minute to bring it there. */
const POLL_MS = 2_000
const MOST_BYTES = 1024 * 1024

/**
 * What pods are injected with, from files that are read again when they change. What cannot be used is logged and passed over: the last
 * good one stays. State: the injector in force, and the texts that were looked at last.
 */
export class InjectorFiles implements Runner {
  readonly name = 'injection'
  private readonly options: InjectorFilesOptions
  private seen: InjectionTexts | null = null
  private state: Result<Injector, string> = err('the configuration of the injector is not read yet')
  private timer: Timer | null = null

  constructor(options: InjectorFilesOptions) {
    this.options = options
  }

  /** The error says why no pod can be injected. */
  get current(): Result<Injector, string> {
    return this.state
  }

  async start(): Promise<void> {
    await this.look()
    this.again()
  }

  close(): Promise<void> {
    this.timer?.cancel()
    this.timer = null
    return Promise.resolve()
  }

  private again(): void {
    this.timer = this.options.clock.after(POLL_MS, () => {
      void this.look().then(() => {
        if (this.timer !== null) this.again()
      })
    })
  }

  private async look(): Promise<void> {
    try {
      const texts = await readTexts(this.options)
      if (this.seen !== null && sameTexts(texts, this.seen)) return
      this.seen = texts
      this.take(injectorOf(texts, this.options))
    } catch (error) {
      this.take(err(messageOf(error)))
    }
  }

  private take(found: Result<Injector, string>): void {
    if (found.kind === 'ok') {
      this.state = found
      this.options.log.info('injection configuration in force', { templates: [...found.value.templates.keys()] })
      return
    }
    const keeps = this.state.kind === 'ok'
    if (!keeps && this.state.kind === 'err' && this.state.error === found.error) return
    this.options.log.error('injection configuration cannot be used', { reason: found.error, keeps: keeps ? 'the last good one' : 'none' })
    if (!keeps) this.state = found
  }
}

/** What texts say, ready to inject. */
export function injectorOf(texts: InjectionTexts, facts: InjectorFacts): Result<Injector, string> {
  const settings = parseInjectionSettings(texts)
  if (settings.kind === 'err') return settings
  const templates = compileTemplates(settings.value.templates, compileTemplate)
  if (templates.kind === 'err') return templates
  const { revision, supportsNativeSidecars, proxyConfigs = [] } = facts
  const known = { revision, supportsNativeSidecars, proxyConfigs }
  return ok({ settings: settings.value, templates: templates.value, yaml: new RememberedYaml(), ...known })
}

async function readTexts({ folder, meshFile }: InjectorFilesOptions): Promise<InjectionTexts> {
  const [config, values, mesh] = await Promise.all([
    readText(path.join(folder, 'config')),
    readText(path.join(folder, 'values')),
    meshFile === undefined ? '' : readText(meshFile),
  ])
  return { config, values, mesh }
}

async function readText(file: string): Promise<string> {
  const { size } = await stat(file)
  if (size > MOST_BYTES) throw new Error(`${file} is larger than ${MOST_BYTES} bytes`)
  return readFile(file, 'utf8')
}

function sameTexts(a: InjectionTexts, b: InjectionTexts): boolean {
  return a.config === b.config && a.values === b.values && a.mesh === b.mesh
}
