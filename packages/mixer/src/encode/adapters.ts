import { field, type FieldType, type MessageShape, shape, STRING } from './message-shape.ts'

/** An adapter that Mixer knows without an `adapter` resource. */
export interface AdapterInfo {
  readonly name: string
  readonly templates: readonly string[]
  /** Full name of the message of its parameters. */
  readonly paramsType: string
  readonly params: MessageShape
}

const INT32: FieldType = { kind: 'int32' }
const DOUBLE: FieldType = { kind: 'double' }

function message(...fields: readonly ReturnType<typeof field>[]): FieldType {
  return { kind: 'message', shape: shape(...fields) }
}

const denier: AdapterInfo = {
  name: 'denier',
  templates: ['checknothing', 'listentry', 'quota'],
  paramsType: 'adapter.denier.config.Params',
  params: shape(
    field('status', 1, message(field('code', 1, INT32), field('message', 2, STRING))),
    field('valid_duration', 2, { kind: 'duration' }),
    field('valid_use_count', 3, INT32),
  ),
}

const linear = message(field('num_finite_buckets', 1, INT32), field('width', 2, DOUBLE), field('offset', 3, DOUBLE))
const exponential = message(field('num_finite_buckets', 1, INT32), field('growth_factor', 2, DOUBLE), field('scale', 3, DOUBLE))
const explicit = message(field('bounds', 1, { kind: 'list', of: DOUBLE }))

const metricKinds: FieldType = {
  kind: 'enum',
  members: new Map([
    ['UNSPECIFIED', 0],
    ['GAUGE', 1],
    ['COUNTER', 2],
    ['DISTRIBUTION', 3],
  ]),
}

const prometheus: AdapterInfo = {
  name: 'prometheus',
  templates: ['metric'],
  paramsType: 'adapter.prometheus.config.Params',
  params: shape(
    field('metrics', 1, {
      kind: 'list',
      of: message(
        field('name', 1, STRING),
        field('instance_name', 2, STRING),
        field('description', 3, STRING),
        field('kind', 4, metricKinds),
        field(
          'buckets',
          5,
          message(field('linear_buckets', 1, linear), field('exponential_buckets', 2, exponential), field('explicit_buckets', 3, explicit)),
        ),
        field('label_names', 6, { kind: 'list', of: STRING }),
        field('namespace', 7, STRING),
      ),
    }),
  ),
}

export const ADAPTERS: ReadonlyMap<string, AdapterInfo> = new Map([denier, prometheus].map(adapter => [adapter.name, adapter]))
