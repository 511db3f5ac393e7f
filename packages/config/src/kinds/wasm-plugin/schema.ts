import { ONE_TARGET, targetReferences, workloadSelector } from '../shape/policy-target.ts'
import { constrained, from, mapped, object, optional, orElse, required, type Shape } from '../shape/shape.ts'
import { anyObject, count, integer, list, nonEmptyText, oneOf, text } from '../shape/values.ts'
import type { WasmPluginSpec, WasmVariable } from './type.ts'

const variable = object<WasmVariable>({
  name: required(constrained(text, { minLength: 1, maxLength: 256 })),
  valueFrom: orElse(oneOf('INLINE', 'HOST'), 'INLINE'),
  value: orElse(constrained(text, { maxLength: 2048 }), ''),
})

const NONE: readonly WasmVariable[] = Object.freeze([])

const vmConfig = mapped(
  object<{ readonly env: readonly WasmVariable[] }>({ env: orElse(list(variable, { maxItems: 256 }), NONE) }),
  ({ env }) => env,
)

const port = object<{ readonly number: number }>({ number: required(constrained(count, { minimum: 1, maximum: 65_535 })) })

const match = object<{ readonly mode?: string; readonly ports?: readonly unknown[] }>({
  mode: optional(oneOf('UNDEFINED', 'CLIENT', 'SERVER', 'CLIENT_AND_SERVER')),
  ports: optional(list(port)),
})

/** The whole kind has no effect, which one warning says; its fields need none of their own. */
const others: Readonly<Record<string, Shape<unknown>>> = {
  imagePullPolicy: oneOf('UNSPECIFIED_POLICY', 'IfNotPresent', 'Always'),
  imagePullSecret: constrained(nonEmptyText, { maxLength: 253 }),
  verificationKey: text,
  pluginConfig: anyObject,
  pluginName: constrained(nonEmptyText, { maxLength: 256 }),
  priority: integer,
  failStrategy: oneOf('FAIL_CLOSE', 'FAIL_OPEN', 'FAIL_RELOAD'),
  match: list(match),
  type: oneOf('UNSPECIFIED_PLUGIN_TYPE', 'HTTP', 'NETWORK'),
}

export const wasmPluginShape: Shape<WasmPluginSpec> = constrained(
  object<WasmPluginSpec>(
    {
      selector: optional(workloadSelector),
      targetRefs: targetReferences,
      url: required(nonEmptyText),
      sha256: orElse(constrained(text, { pattern: '^$|^[a-f0-9]{64}$' }), ''),
      phase: orElse(oneOf('UNSPECIFIED_PHASE', 'AUTHN', 'AUTHZ', 'STATS'), 'UNSPECIFIED_PHASE'),
      environment: from('vmConfig', orElse(vmConfig, NONE)),
    },
    {
      atMostOne: ONE_TARGET,
      ignored: Object.fromEntries(Object.entries(others).map(([name, { schema }]) => [name, schema])),
    },
  ),
  { description: 'A filter in WebAssembly; not supported' },
)
