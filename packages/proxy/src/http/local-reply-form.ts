import type { BodyFormatConfig, LocalReplyConfig, LocalReplyMapperConfig } from '../model/local-reply.ts'
import { compileEdits, type HeaderEdits } from '../route/header-mutations.ts'
import { compileFormatter } from '../telemetry/formatter.ts'
import { compileJsonTemplate } from '../telemetry/json-template.ts'
import { compileLogFilter, type LogFilter } from '../telemetry/log-filter.ts'
import type { HeaderTable } from './header-table.ts'
import type { StreamRecord } from './stream-record.ts'

interface BodyForm {
  readonly contentType: string
  write(stream: StreamRecord): string
}

interface Mapper {
  readonly applies: LogFilter
  readonly status: number | null
  readonly body: string | null
  readonly form: BodyForm | null
  readonly edits: HeaderEdits | null
}

/** Gives answers of our own the look that the configuration wants (`local_reply_config`). null: there is nothing to do. */
export class LocalReplyForm {
  private readonly mappers: readonly Mapper[]
  private readonly form: BodyForm | null

  constructor(config: LocalReplyConfig, random: () => number) {
    this.mappers = config.mappers.map(mapper => compileMapper(mapper, random))
    this.form = config.bodyFormat === null ? null : compileForm(config.bodyFormat)
  }

  /** The body of the answer to `stream`, whose `status` and `localReplyBody` are set and may change; `headers` get more lines. */
  shape(stream: StreamRecord, headers: HeaderTable): string {
    const mapper = this.mappers.find(({ applies }) => applies(stream))
    if (mapper !== undefined) {
      if (mapper.body !== null) stream.localReplyBody = mapper.body
      mapper.edits?.apply(headers, stream)
      if (mapper.status !== null) stream.status = mapper.status
    }
    const form = mapper?.form ?? this.form
    if (form === null) return stream.localReplyBody
    headers.set('content-type', form.contentType)
    return form.write(stream)
  }
}

export function compileLocalReplies(config: LocalReplyConfig, random: () => number): LocalReplyForm | null {
  return config.mappers.length === 0 && config.bodyFormat === null ? null : new LocalReplyForm(config, random)
}

function compileMapper(config: LocalReplyMapperConfig, random: () => number): Mapper {
  const { headers } = config
  return {
    applies: compileLogFilter(config.filter, random),
    status: config.status,
    body: config.body,
    form: config.bodyFormat === null ? null : compileForm(config.bodyFormat),
    edits: compileEdits('response', [{ requestAdd: [], requestRemove: [], responseAdd: headers, responseRemove: [] }]),
  }
}

function compileForm({ contentType, format }: BodyFormatConfig): BodyForm {
  if (format.kind === 'json') {
    const json = compileJsonTemplate(format.fields, format.omitEmpty)
    return { contentType: contentType === '' ? 'application/json' : contentType, write: stream => `${json(stream)}\n` }
  }
  const formatter = compileFormatter(format.template)
  const absent = format.omitEmpty ? '' : '-'
  return { contentType: contentType === '' ? 'text/plain' : contentType, write: stream => formatter.format(stream, absent) }
}
