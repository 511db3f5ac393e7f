import { field, type MessageShape, shape, STRING, VALUE, VALUES } from './message-shape.ts'

/** When instances of a template are made, and which answer is expected. */
export type Variety = 'check' | 'report' | 'quota'

export interface Template {
  readonly name: string
  readonly variety: Variety
  /** gRPC path of the method that adapters serve (mixer.md 7.2). */
  readonly path: string
  readonly shape: MessageShape
}

function template(name: string, camelName: string, variety: Variety, message: MessageShape): Template {
  return { name, variety, path: `/${name}.Handle${camelName}Service/Handle${camelName}`, shape: message }
}

/** The templates that need no `template` resource. Fields and numbers are in mixer.md 5. */
export const TEMPLATES: ReadonlyMap<string, Template> = new Map(
  [
    template('checknothing', 'CheckNothing', 'check', shape()),
    template('listentry', 'ListEntry', 'check', shape(field('value', 1, STRING))),
    template('quota', 'Quota', 'quota', shape(field('dimensions', 1, VALUES))),
    template(
      'metric',
      'Metric',
      'report',
      shape(
        field('value', 1, VALUE),
        field('dimensions', 2, VALUES),
        field('monitored_resource_type', 3, STRING),
        field('monitored_resource_dimensions', 4, VALUES),
      ),
    ),
    template(
      'logentry',
      'LogEntry',
      'report',
      shape(
        field('variables', 1, VALUES),
        field('timestamp', 2, { kind: 'timestamp' }),
        field('severity', 3, STRING),
        field('monitored_resource_type', 4, STRING),
        field('monitored_resource_dimensions', 5, VALUES),
      ),
    ),
  ].map(known => [known.name, known]),
)
