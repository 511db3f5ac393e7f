import { suggest } from '../../kinds/parse/suggest.ts'
import type { AnalysisContext } from '../context.ts'
import type { Draft, Rule } from '../finding.ts'
import { DEPRECATED_FIELD } from './deprecations.ts'

/** What is accepted and does not do what it says. */
export const schemaWarning: Rule = {
  code: 'IST0133',
  name: 'SchemaWarning',
  severity: 'warning',
  summary: 'an object is accepted, but a part of it has no effect',
  check: context => [...ofKinds(context), ...unknownCiphers(context)],
}

/** What the kinds themselves have to say. */
function ofKinds(context: AnalysisContext): readonly Draft[] {
  return context.objects.flatMap(object =>
    (object.warnings ?? [])
      .filter(({ code }) => code !== DEPRECATED_FIELD)
      .map(({ path, message, hint }) => ({
        object,
        path,
        message: `${path} ${message}`,
        remedy: hint ?? 'remove it, or write what is meant',
      })),
  )
}

/** Names of BoringSSL for TLS 1.2, which gateways take; others are left out. */
const CIPHERS: ReadonlySet<string> = new Set([
  ...['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'AES128-SHA', 'AES256-SHA', 'CHACHA20-POLY1305'].flatMap(name => [
    `ECDHE-ECDSA-${name}`,
    `ECDHE-RSA-${name}`,
  ]),
  ...['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'AES128-SHA', 'AES256-SHA', 'DES-CBC3-SHA'],
  ...['ECDHE-PSK-AES128-CBC-SHA', 'ECDHE-PSK-AES256-CBC-SHA', 'ECDHE-PSK-CHACHA20-POLY1305', 'PSK-AES128-CBC-SHA', 'PSK-AES256-CBC-SHA'],
])

function unknownCiphers(context: AnalysisContext): readonly Draft[] {
  return context.of('Gateway').flatMap(object =>
    object.spec.servers.flatMap(({ tls }, i) =>
      (tls?.cipherSuites ?? []).flatMap((name, j) => {
        if (CIPHERS.has(name)) return []
        const nearest = suggest(name, [...CIPHERS])
        const remedy = nearest === undefined ? `use one of ${[...CIPHERS].slice(0, 4).join(', ')} …` : `did you mean '${nearest}'?`
        return [
          {
            object,
            path: `spec.servers[${i}].tls.cipherSuites[${j}]`,
            message: `the cipher suite '${name}' is not known and is left out`,
            remedy,
          },
        ]
      }),
    ),
  )
}
